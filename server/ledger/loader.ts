import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import type { Reading } from '../domain/reading.ts';
import { NOTHING, plus } from '../domain/rollup.ts';
import type { Rollup, TimeSeries } from '../timeseries/port.ts';
import { pointsAround } from './points.ts';
import { type Base, MeterState, openHour, recentFrom } from './state.ts';

/** Reads the recent end of meters' histories out of the store, many meters with few questions. */
export class StateLoader {
  readonly #timeseries: TimeSeries;
  #latest: Map<number, Reading> | null = null;

  constructor(timeseries: TimeSeries) {
    this.#timeseries = timeseries;
  }

  /** Makes the next `load` ask the store anew, after readings were written past the states. */
  forget(): void {
    this.#latest = null;
  }

  /** States of the meters, each with its points and base. */
  async load(meters: readonly Meter[], estate: Estate): Promise<Map<number, MeterState>> {
    this.#latest ??= new Map((await this.#timeseries.latest()).map((r) => [r.meter, r]));
    const out = new Map<number, MeterState>();
    const byStart = new Map<number, Meter[]>();
    let newest = Number.NEGATIVE_INFINITY;
    for (const meter of meters) {
      const last = this.#latest.get(meter.no);
      if (!last) {
        out.set(meter.no, new MeterState(meter, [], emptyBase(), estate.zone));
        continue;
      }
      newest = Math.max(newest, last.time);
      const from = recentFrom(meter, last, estate.zone);
      const group = byStart.get(from);
      if (group) group.push(meter);
      else byStart.set(from, [meter]);
    }
    for (const [from, group] of byStart) {
      // Far enough back to know whether the last readings agree with each other.
      const points = await pointsAround(this.#timeseries, group, from, newest + 1);
      for (const meter of group) {
        out.set(meter.no, new MeterState(meter, points.get(meter.no) ?? [], null, estate.zone));
      }
    }
    await this.loadBases(meters, out, estate);
    return out;
  }

  /** Reads the bases that are missing. */
  async loadBases(meters: readonly Meter[], states: Map<number, MeterState>, estate: Estate): Promise<void> {
    const { zone } = estate;
    const byDay = new Map<number, { meter: Meter; state: MeterState; open: number }[]>();
    for (const meter of meters) {
      const state = states.get(meter.no);
      const last = state?.last;
      if (!state || state.base) continue;
      if (!last) {
        state.base = emptyBase();
        continue;
      }
      const open = openHour(meter, last, zone);
      const day = zone.startOf('day', open);
      const group = byDay.get(day);
      if (group) group.push({ meter, state, open });
      else byDay.set(day, [{ meter, state, open }]);
    }
    for (const [day, group] of byDay) {
      const nos = group.map((g) => g.meter.no);
      const month = zone.startOf('month', day);
      const forever = Number.POSITIVE_INFINITY;
      const hours = byMeter(await this.#timeseries.rollups('hour', nos, day, forever));
      const days = byMeter(await this.#timeseries.rollups('day', nos, month, forever));
      const months = byMeter(await this.#timeseries.rollups('month', nos, month, forever));
      for (const { meter, state, open } of group) {
        const own = hours.get(meter.no) ?? [];
        const ownDays = days.get(meter.no) ?? [];
        state.base = {
          day: own.filter((h) => h.start < open).reduce(plus, NOTHING),
          month: ownDays.filter((d) => d.start < day).reduce(plus, NOTHING),
          lastHour: newest(own),
          lastDay: newest(ownDays),
          lastMonth: newest(months.get(meter.no) ?? []),
        };
      }
    }
  }
}

export function emptyBase(): Base {
  const never = Number.NEGATIVE_INFINITY;
  return { day: NOTHING, month: NOTHING, lastHour: never, lastDay: never, lastMonth: never };
}

function byMeter(rollups: readonly Rollup[]): Map<number, Rollup[]> {
  return Map.groupBy(rollups, (r) => r.meter);
}

function newest(rollups: readonly Rollup[]): number {
  return rollups[rollups.length - 1]?.start ?? Number.NEGATIVE_INFINITY;
}
