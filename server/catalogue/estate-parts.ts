import type { VirtualMeter } from '../domain/meter.ts';
import type { FilePath, Issues } from './estate-document.ts';
import { cycleSayer, type Merged, refer } from './estate-merge.ts';
import type { Loose } from './estate-schema.ts';
import type { MeterEntry } from './meter-entry.ts';

/** What virtual meters are made of, as it would be once the file is applied. */

const SIDES = ['plus', 'minus'] as const;

/** Parts are there, each once, and can be added up: all of one carrier are counted in one unit. */
export function checkParts(
  virtuals: Merged<VirtualMeter>,
  points: Merged<MeterEntry | VirtualMeter>,
  issues: Issues,
): void {
  for (const { path, entry } of virtuals.values()) {
    if (path && entry.plus?.length === 0) issues.add([...path, 'plus'], 'must name at least one meter');
    const seen = new Set<string>();
    for (const side of SIDES) {
      for (const [i, id] of (entry[side] ?? []).entries()) {
        const at = path && [...path, side, i];
        if (at) refer(points, 'meter', id, at, issues);
        if (at && seen.has(id)) issues.add(at, `${JSON.stringify(id)} is a part already`);
        seen.add(id);
        const part = points.get(id);
        if (part && (at || part.path)) checkPart(entry, at, part, issues);
      }
    }
  }
}

/** @param at of the part in the virtual meter; null where only the catalogue has that */
function checkPart(
  whole: Loose<VirtualMeter>,
  at: FilePath | null,
  part: { path: FilePath | null; entry: Loose<MeterEntry> | Loose<VirtualMeter> },
  issues: Issues,
): void {
  const { id, carrier } = part.entry;
  const inPart = (key: string): FilePath => [...(part.path ?? []), key];
  if (carrier && whole.carrier && carrier !== whole.carrier) {
    if (at) issues.add(at, `${JSON.stringify(id)} is a meter of ${carrier}, this one of ${whole.carrier}`);
    else {
      issues.add(
        inPart('carrier'),
        `it is a part of ${JSON.stringify(whole.id)}, a virtual meter of ${whole.carrier}`,
      );
    }
  } else if ('register' in part.entry && part.entry.register === 'gauge') {
    if (at) issues.add(at, `${JSON.stringify(id)} is a gauge: it is averaged, never summed`);
    else {
      issues.add(
        inPart('register'),
        `gauge is averaged, never summed, and it is a part of ${JSON.stringify(whole.id)}`,
      );
    }
  }
}

/** No virtual meter may be made of itself, however far down. */
export function checkPartCycles(virtuals: Merged<VirtualMeter>, issues: Issues): void {
  const partsOf = (id: string): string[] => {
    const { plus, minus } = virtuals.get(id)?.entry ?? {};
    return [...(plus ?? []), ...(minus ?? [])];
  };
  const sideOf = (id: string, part: string): string =>
    virtuals.get(id)?.entry.plus?.includes(part) ? 'plus' : 'minus';
  const say = cycleSayer(virtuals, sideOf, issues);
  const done = new Set<string>();
  for (const start of virtuals.keys()) {
    if (done.has(start)) continue;
    const walk = [{ id: start, left: partsOf(start) }];
    // The way down so far: where on it each one stands.
    const place = new Map([[start, 0]]);
    for (let top = walk.at(-1); top; top = walk.at(-1)) {
      const part = top.left.shift();
      if (part === undefined) {
        done.add(top.id);
        place.delete(top.id);
        walk.pop();
      } else if (place.has(part)) {
        say(walk.slice(place.get(part)).map((step) => step.id));
      } else if (virtuals.has(part) && !done.has(part)) {
        place.set(part, walk.length);
        walk.push({ id: part, left: partsOf(part) });
      }
    }
  }
}
