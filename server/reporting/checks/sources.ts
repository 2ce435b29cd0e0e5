import type { Sources } from '../../conservation/ground.ts';
import type { Span } from '../../conservation/spans.ts';
import type { LimitName } from '../../domain/limit.ts';
import { limitAt } from '../../domain/limit.ts';
import type { Zone } from '../../domain/time.ts';
import type { Suspect } from '../../journal/outcome.ts';
import type { TimeSeries } from '../../timeseries/port.ts';

/** What the checks of a month are made from. */
export interface CheckSources extends Sources {
  timeseries: TimeSeries;
  /** Steps of registers across which nothing is counted; see `Journal.suspects`. */
  suspects: () => readonly Suspect[];
}

/** The month that is checked. */
export interface Checked {
  sources: CheckSources;
  node: string;
  /** `2026-12`. */
  month: string;
  /** All of the month. */
  span: Span;
  /** Up to the last full hour where it still runs. */
  past: Span;
  /** The limit that holds at the node; every limit has one that is shipped. */
  limit: (name: LimitName) => number;
}

/** @throws RangeError where the month is none, or has not begun */
export function checkedMonth(zone: Zone, month: string, now: number): Span {
  const [, year, of] = /^(\d{4})-(0[1-9]|1[0-2])$/.exec(month) ?? [];
  if (year === undefined || of === undefined) {
    throw new RangeError(`${JSON.stringify(month)} is no month like 2026-12`);
  }
  const from = zone.instant(Date.UTC(Number(year), Number(of) - 1, 1));
  if (from >= now) throw new RangeError(`the month ${month} has not begun`);
  return { from, to: zone.next('month', from) };
}

/** @throws RangeError as `checkedMonth` does */
export function checkedOf(sources: CheckSources, node: string, month: string): Checked {
  const { estate, policy, now } = sources;
  const { zone } = estate;
  const span = checkedMonth(zone, month, now);
  const past = { from: span.from, to: Math.min(span.to, zone.startOf('hour', now)) };
  const limit = (name: LimitName): number =>
    limitAt(estate, node, name, (id) => policy.get('limit', id))?.value ?? 0;
  return { sources, node, month, span, past, limit };
}

/** 1.1 / 1 − 1 is a little more than 0.1 in binary. */
export function isBeyond(share: number | null, limit: number): share is number {
  return share !== null && Math.abs(share) > limit + 1e-9;
}
