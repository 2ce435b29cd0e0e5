/** Repeatable randomness: a value depends on its keys alone, never on how often or in what order one asks. */

/** A number in [0, 1) that belongs to three integer keys. */
export function chance(a: number, b: number, c: number): number {
  let h =
    Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b, 0xc2b2ae35) ^ Math.imul(c + 0x27d4eb2f, 0x165667b1);
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return ((h ^ (h >>> 16)) >>> 0) / 4_294_967_296;
}

/** The same in [−1, 1). */
export function swing(a: number, b: number, c: number): number {
  return chance(a, b, c) * 2 - 1;
}

/** A smooth curve through random knots at whole x, in [−1, 1). */
export function drift(seed: number, stream: number, x: number): number {
  const knot = Math.floor(x);
  const f = x - knot;
  const a = swing(seed, stream, knot);
  const b = swing(seed, stream, knot + 1);
  return a + (b - a) * f * f * (3 - 2 * f);
}

/** An integer key for a text, so that a meter keeps its noise when others are added beside it. */
export function keyOf(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h >>> 0;
}
