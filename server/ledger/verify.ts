import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import type { Rollup, RollupLevel, TimeSeries } from '../timeseries/port.ts';
import { computeMonth, METERS_AT_ONCE } from './recompute.ts';
import { same } from './revisions.ts';

/** A stored rollup that is not what the raw readings amount to. */
export interface Difference {
  meter: string;
  level: RollupLevel;
  /** epoch ms */
  start: number;
  /** Null: there is none. */
  stored: Rollup | null;
  computed: Rollup | null;
}

export interface Verified {
  /** Months of meters compared so far, and in all. */
  compared: number;
  total: number;
  /** Differences found so far, and the first of them. */
  differing: number;
  differences: Difference[];
}

const SHOWN = 20;
const LEVELS = [
  ['hour', 'hours'],
  ['day', 'days'],
  ['month', 'months'],
] as const;

/**
 * Computes everything again from the raw readings and compares it with what is stored, to the last digit.
 * @param exclusive runs work while nothing is written, so that each comparison is of one moment
 * @param owns of which meters: another process may be writing those that it computes
 */
export async function* verifyRollups(
  timeseries: TimeSeries,
  estate: () => Estate,
  exclusive: <T>(work: () => Promise<T>) => Promise<T>,
  owns: (meter: Meter) => boolean = () => true,
): AsyncGenerator<Verified> {
  const { zone } = estate();
  const meters = estate().meters.filter(owns);
  const nos = meters.map((m) => m.no);
  const first = (await timeseries.after(nos, 0)).reduce(
    (t, r) => Math.min(t, r.time),
    Number.POSITIVE_INFINITY,
  );
  const last = (await timeseries.latest()).reduce((t, r) => Math.max(t, r.time), 0);
  const months = Number.isFinite(first) ? zone.periods('month', first, last + 1) : [];
  const state: Verified = {
    compared: 0,
    total: months.length * meters.length,
    differing: 0,
    differences: [],
  };
  for (const month of months) {
    for (let i = 0; i < meters.length; i += METERS_AT_ONCE) {
      const group = estate()
        .meters.filter(owns)
        .slice(i, i + METERS_AT_ONCE);
      const groupNos = group.map((m) => m.no);
      await exclusive(async () => {
        const computed = await computeMonth(timeseries, estate(), group, month.start);
        for (const [level, name] of LEVELS) {
          const stored = await timeseries.rollups(level, groupNos, month.start, month.end);
          compare(estate(), level, stored, computed[name], state);
        }
      });
      state.compared += group.length;
      yield state;
    }
  }
  yield state;
}

function compare(
  estate: Estate,
  level: RollupLevel,
  stored: readonly Rollup[],
  computed: readonly Rollup[],
  state: Verified,
): void {
  const key = (r: Rollup): string => `${r.meter} ${r.start}`;
  const wanted = new Map(computed.map((r) => [key(r), r]));
  const note = (one: Rollup, is: Rollup | null, should: Rollup | null): void => {
    state.differing++;
    const meter = estate.meterByNo(one.meter)?.id ?? String(one.meter);
    if (state.differences.length < SHOWN) {
      state.differences.push({ meter, level, start: one.start, stored: is, computed: should });
    }
  };
  for (const is of stored) {
    const should = wanted.get(key(is));
    // Two stored rollups of one period find the second without a partner.
    wanted.delete(key(is));
    if (!should) note(is, is, null);
    else if (!same(is, should)) note(is, is, should);
  }
  for (const should of wanted.values()) note(should, null, should);
}
