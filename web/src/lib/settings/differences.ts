/** What differs between two states of something, leaf by leaf. */

export interface Difference {
  /** Keys from the outside in; numbers count from 0. */
  path: (string | number)[];
  /** Null: it was not there. */
  before: string | null;
  after: string | null;
}

export function differences(before: unknown, after: unknown): Difference[] {
  const [was, is] = [leaves(before), leaves(after)];
  const out: Difference[] = [];
  for (const key of new Set([...was.keys(), ...is.keys()])) {
    const [a, b] = [was.get(key), is.get(key)];
    if (a?.text === b?.text) continue;
    out.push({ path: (b ?? a)?.path ?? [], before: a?.text ?? null, after: b?.text ?? null });
  }
  return out;
}

/** A value with the day from which it holds: the day is its name, not a part of it. */
function isDated(item: unknown): item is { from: unknown; value: unknown } {
  return typeof item === 'object' && item !== null && 'from' in item && 'value' in item;
}

/** A list of dated values is known by its dates: one more in the middle moves none of the others. */
function keyOf(item: unknown, index: number): string | number {
  if (isDated(item)) return String(item.from);
  return typeof item === 'object' ? index : String(item);
}

function leaves(
  value: unknown,
  path: (string | number)[] = [],
): Map<string, { path: (string | number)[]; text: string }> {
  const found = new Map<string, { path: (string | number)[]; text: string }>();
  if (value === null || value === undefined) return found;
  if (typeof value !== 'object') return found.set(path.join('/'), { path, text: String(value) });
  const entries: [string | number, unknown][] = Array.isArray(value)
    ? value.map((item: unknown, i) => [keyOf(item, i), item])
    : Object.entries(value).filter(([key]) => !(isDated(value) && key === 'from'));
  for (const [key, inner] of entries) {
    for (const [k, leaf] of leaves(inner, [...path, key])) found.set(k, leaf);
  }
  return found;
}
