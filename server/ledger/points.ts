import { reachMs } from '../domain/consumption.ts';
import type { Meter } from '../domain/meter.ts';
import type { Point } from '../domain/register.ts';
import { settledAt } from '../domain/settled.ts';
import type { TimeSeries } from '../timeseries/port.ts';

/** How much wider each look is than the one before, where readings are sparser than they should be. */
const WIDEN = 4;

/**
 * All readings that have a part in what is known of [from, to), by `Meter.no`: those inside, those within
 * reach and one more on each side; of a counting register as many on each side as are judged together, be
 * they hours or months apart and however many of them contradict each other.
 */
export async function pointsAround(
  timeseries: TimeSeries,
  meters: readonly Meter[],
  from: number,
  to: number,
): Promise<Map<number, Point[]>> {
  const reach = Math.max(0, ...meters.map(reachMs));
  const points = await pointsBetween(timeseries, meters, from - reach, to + reach);
  const nos = meters.map((m) => m.no);
  const before = new Map((await timeseries.before(nos, from - reach)).map((r) => [r.meter, r]));
  const after = new Map((await timeseries.after(nos, to + reach)).map((r) => [r.meter, r]));
  const judged = meters.filter((m) => m.register === 'cumulative');
  for (const [no, own] of points) {
    const first = before.get(no);
    const last = after.get(no);
    if (first) own.unshift(first);
    if (last) own.push(last);
  }
  const beyond = (m: Meter): Point[] => points.get(m.no) as Point[];
  const openBefore = (m: Meter): boolean => {
    const own = beyond(m);
    return (
      settledAt(
        m,
        own,
        own.findLastIndex((p) => p.time < from),
        -1,
      ) === null
    );
  };
  const openAfter = (m: Meter): boolean => {
    const own = beyond(m);
    const first = own.findIndex((p) => p.time >= to);
    return first < 0 || settledAt(m, own, first, 1) === null;
  };
  await widen(
    judged.filter((m) => before.has(m.no) && openBefore(m)),
    reach,
    async (group, width) => {
      const low = from - width;
      const more = await pointsBetween(timeseries, group, low, from - reach);
      const further = new Set<number>();
      for (const r of await timeseries.before(
        group.map((m) => m.no),
        low,
      )) {
        further.add(r.meter);
        more.get(r.meter)?.unshift(r);
      }
      return group.filter((m) => {
        const inside = beyond(m).filter((p) => p.time >= from - reach);
        points.set(m.no, [...(more.get(m.no) ?? []), ...inside]);
        return further.has(m.no) && openBefore(m);
      });
    },
  );
  await widen(
    judged.filter((m) => after.has(m.no) && openAfter(m)),
    reach,
    async (group, width) => {
      const high = to + width;
      const more = await pointsBetween(timeseries, group, to + reach, high);
      const further = new Set<number>();
      for (const r of await timeseries.after(
        group.map((m) => m.no),
        high,
      )) {
        further.add(r.meter);
        more.get(r.meter)?.push(r);
      }
      return group.filter((m) => {
        const inside = beyond(m).filter((p) => p.time < to + reach);
        points.set(m.no, [...inside, ...(more.get(m.no) ?? [])]);
        return further.has(m.no) && openAfter(m);
      });
    },
  );
  return points;
}

async function widen(
  meters: readonly Meter[],
  reach: number,
  look: (group: readonly Meter[], width: number) => Promise<readonly Meter[]>,
): Promise<void> {
  let group = meters;
  for (let width = reach * WIDEN; group.length > 0; width *= WIDEN) group = await look(group, width);
}

/** Readings with from ≤ time < to, by `Meter.no`, in order of time. */
export async function pointsBetween(
  timeseries: TimeSeries,
  meters: readonly Meter[],
  from: number,
  to: number,
): Promise<Map<number, Point[]>> {
  const nos = meters.map((m) => m.no);
  const points = new Map<number, Point[]>(nos.map((no) => [no, []]));
  for (const { meter, time, value } of await timeseries.readings(nos, from, to)) {
    points.get(meter)?.push({ time, value });
  }
  return points;
}
