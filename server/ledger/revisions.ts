import type { Cause } from '../domain/revision.ts';
import { type Amount, plus } from '../domain/rollup.ts';
import type { Zone } from '../domain/time.ts';
import type { RevisionEntry } from '../journal/outcome.ts';
import type { Rollup } from '../timeseries/port.ts';

/** Why a month of a meter is computed again. */
export interface Reopened {
  causes: readonly Cause[];
  /** What lies at or after the hour of this instant had not been shown. */
  open: number;
  catalogue: number | null;
}

/** What changes in hours of a month that had been shown, one entry a meter. */
export function revisionsOf(
  month: number,
  before: readonly Rollup[],
  after: readonly Rollup[],
  reopened: ReadonlyMap<number, Reopened>,
  zone: Zone,
  now: number,
): RevisionEntry[] {
  const out: RevisionEntry[] = [];
  const was = Map.groupBy(before, (r) => r.meter);
  const is = Map.groupBy(after, (r) => r.meter);
  for (const [meter, { causes, open, catalogue }] of reopened) {
    const old = was.get(meter) ?? [];
    const fresh = is.get(meter) ?? [];
    let from = Number.POSITIVE_INFINITY;
    let to = Number.NEGATIVE_INFINITY;
    let hours = 0;
    let sumBefore: Amount | null = null;
    let sumAfter: Amount | null = null;
    for (const [start, a, b] of sideBySide(old, fresh)) {
      if (same(a, b)) continue;
      // The running hour and what follows it grow; that is no change of what was said.
      const end = zone.next('hour', start);
      if (end > open) continue;
      hours++;
      from = Math.min(from, start);
      to = Math.max(to, end);
      if (a) sumBefore = sumBefore ? plus(sumBefore, a) : amount(a);
      if (b) sumAfter = sumAfter ? plus(sumAfter, b) : amount(b);
    }
    if (hours === 0) continue;
    out.push({
      meter,
      month,
      at: now,
      causes: [...causes],
      catalogue,
      from,
      to,
      hours,
      before: sumBefore,
      after: sumAfter,
    });
  }
  return out;
}

/** Two lists in order of time as one, with what each says of a start. */
function* sideBySide(
  old: readonly Rollup[],
  fresh: readonly Rollup[],
): Generator<[start: number, old: Rollup | undefined, fresh: Rollup | undefined]> {
  let j = 0;
  for (const a of old) {
    for (let b = fresh[j]; b && b.start < a.start; b = fresh[++j]) yield [b.start, undefined, b];
    const b = fresh[j];
    if (b?.start === a.start) j++;
    yield [a.start, a, b?.start === a.start ? b : undefined];
  }
  for (const b of fresh.slice(j)) yield [b.start, undefined, b];
}

function amount({ measured, recovered, estimated, coveredMs }: Rollup): Amount {
  return { measured, recovered, estimated, coveredMs };
}

/** Whether two rollups of one meter and period say the same, to the last digit. */
export function same(a: Amount | undefined, b: Amount | undefined): boolean {
  if (!a || !b) return a === b;
  return (
    a.measured === b.measured &&
    a.recovered === b.recovered &&
    a.estimated === b.estimated &&
    a.coveredMs === b.coveredMs
  );
}
