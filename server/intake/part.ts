import type { Meter } from '../domain/meter.ts';

/** Which share of a fleet this intake takes: number `index`, from 1, of `of`. */
export interface Part {
  index: number;
  of: number;
}

/** More intakes than anybody needs: one takes tens of thousands of readings a second. */
export const PARTS_LIMIT = 64;

/** @returns the part that a setting such as `2/3` names; null when it names none */
export function parsePart(text: string): Part | null {
  const found = /^([1-9]\d?)\/([1-9]\d?)$/.exec(text);
  if (!found) return null;
  const [index, of] = [Number(found[1]), Number(found[2])];
  return index <= of && of <= PARTS_LIMIT ? { index, of } : null;
}

export function namePart(part: Part): string {
  return `${part.index}/${part.of}`;
}

/**
 * The part that takes a meter's readings: FNV-1a over the UTF-16 units of its id, mixed, modulo the number of
 * parts. Never to be changed: a meter that moves while readings are under way has them counted by nobody.
 * @param meterId the id, or of a meter that is not in the estate the text that names it
 * @returns 1 to `of`
 */
export function partOf(meterId: string, of: number): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < meterId.length; i++) {
    hash = Math.imul(hash ^ meterId.charCodeAt(i), 0x01000193);
  }
  // Of FNV the low bits of ids that differ in one digit are not even.
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) % of) + 1;
}

/** Whether a meter is of that part; without parts every one is. */
export function owns(part: Part | null | undefined, meter: Pick<Meter, 'id'>): boolean {
  return !part || partOf(meter.id, part.of) === part.index;
}
