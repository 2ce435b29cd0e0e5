import { reachMs } from '../domain/consumption.ts';
import type { Meter } from '../domain/meter.ts';
import type { Point } from '../domain/register.ts';
import { SETTLED_AFTER, settledAt } from '../domain/settled.ts';
import { DAY_MS } from '../domain/time.ts';
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
  const radius = Math.max(0, ...meters.map(radiusMs));
  const points = await pointsBetween(timeseries, meters, from - radius, to + radius);
  const isOpen = (side: Side, m: Meter): boolean => {
    if (m.register !== 'cumulative') return true;
    const own = points.get(m.no) ?? [];
    const index =
      side === 'before' ? own.findLastIndex((p) => p.time < from) : own.findIndex((p) => p.time >= to);
    return index < 0 || settledAt(m, own, index, side === 'before' ? -1 : 1) === null;
  };
  for (const side of ['before', 'after'] as const) {
    // Beyond those that settle it, nothing has a part in it.
    let open = meters.filter((m) => isOpen(side, m));
    const nos = open.map((m) => m.no);
    const beyond =
      side === 'before'
        ? await timeseries.before(nos, from - radius)
        : await timeseries.after(nos, to + radius);
    for (const r of beyond) {
      const own = points.get(r.meter) as Point[];
      if (side === 'before') own.unshift(r);
      else own.push(r);
    }
    const further = new Set(beyond.map((r) => r.meter));
    open = open.filter((m) => m.register === 'cumulative' && further.has(m.no) && isOpen(side, m));
    for (let width = radius; open.length > 0; width *= WIDEN) {
      const more = await furtherOut(timeseries, open, points, side, width);
      open = open.filter((m) => more.has(m.no) && isOpen(side, m));
    }
  }
  return points;
}

type Side = 'before' | 'after';

/** How far readings are asked for at first: where they come as they should, these are enough. */
function radiusMs(meter: Meter): number {
  const reach = reachMs(meter);
  return meter.register === 'cumulative'
    ? Math.max(reach, (SETTLED_AFTER + 1) * meter.intervalS * 1000)
    : reach;
}

/**
 * Adds the readings beyond the outermost known one of each meter, as far as `width`, and one more: from there
 * and not from the stretch asked for, which a gap of months may divide from them.
 * @returns the meters that have still more
 */
async function furtherOut(
  timeseries: TimeSeries,
  meters: readonly Meter[],
  points: Map<number, Point[]>,
  side: Side,
  width: number,
): Promise<Set<number>> {
  const edgeOf = (m: Meter): number => {
    const own = points.get(m.no) as Point[];
    return (side === 'before' ? own[0] : own[own.length - 1])?.time ?? 0;
  };
  const out = new Set<number>();
  // Those whose edges lie together share their questions.
  for (const group of Map.groupBy(meters, (m) => Math.floor(edgeOf(m) / DAY_MS)).values()) {
    const edges = new Map(group.map((m) => [m.no, edgeOf(m)]));
    const nos = [...edges.keys()];
    const low = Math.min(...edges.values()) - (side === 'before' ? width : 0);
    const high = Math.max(...edges.values()) + (side === 'after' ? width : 0);
    const found = await pointsBetween(timeseries, group, low, high + 1);
    const next =
      side === 'before' ? await timeseries.before(nos, low) : await timeseries.after(nos, high + 1);
    const outermost = new Map(next.map((r) => [r.meter, r]));
    for (const [no, edge] of edges) {
      const own = points.get(no) as Point[];
      const beyond = (found.get(no) ?? []).filter((p) => (side === 'before' ? p.time < edge : p.time > edge));
      const one = outermost.get(no);
      if (one) out.add(no);
      const rest = one ? [one] : [];
      points.set(no, side === 'before' ? [...rest, ...beyond, ...own] : [...own, ...beyond, ...rest]);
    }
  }
  return out;
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
  for (const r of await timeseries.readings(nos, from, to)) points.get(r.meter)?.push(r);
  return points;
}
