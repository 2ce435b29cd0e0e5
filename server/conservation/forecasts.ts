import type { Day } from '../domain/day-model.ts';
import type { Estate } from '../domain/estate.ts';
import { type Forecast, forecastOf } from '../domain/forecast.ts';
import type { Lack, Numerator } from '../domain/indicator.ts';
import type { Policy } from '../domain/policy.ts';
import { DAY_MS } from '../domain/time.ts';
import type { HandOver } from '../timeseries/port.ts';
import { type DayGround, dayAt, dayHistory, type NumeratorSeries, seriesOfNumerator } from './day-history.ts';

/** Years before the one that is forecast that are learned from: older ones tell of another institution. */
const YEARS = 3;
/** Forecasts that are kept: a few ten kilobytes each. */
const KEPT = 500;

/** The days of a numerator up to yesterday, and how the year will go on. */
export interface Outlook {
  year: number;
  /** First instant of the year, and end of the last full day in it that is over. */
  from: number;
  until: number;
  /** Every day of the years before and of this one up to `until`. */
  history: readonly Day[];
  /** Null: nothing is known of any day. */
  forecast: Forecast | null;
  lacks: Lack[];
}

interface Kept {
  estate: Estate;
  policy: Policy;
  until: number;
  outlook: Promise<Outlook>;
  meters: ReadonlySet<number> | null;
}

/** Forecasts by node and numerator, made once a day, and again when one of their meters has another past. */
export class Forecasts {
  /** The one used last at the end. */
  readonly #kept = new Map<string, Kept>();

  /**
   * The year that holds `now`.
   * @param scheme id; without it that of the settings
   * @throws RangeError where there is no such scheme
   */
  of(
    ground: DayGround,
    node: string,
    numerator: Numerator,
    scheme: string | null,
    now: number,
  ): Promise<Outlook> {
    const terms = (): NumeratorSeries[] => seriesOfNumerator(ground, node, numerator, scheme ?? undefined);
    return this.ofTerms(ground, node, `${numerator}\n${scheme ?? ''}`, numerator, terms, now);
  }

  /**
   * The same of any sum of series at a node.
   * @param name tells it from other sums at the node, as long as estate, schemes, settings and quotas stay
   * @param what is told where nothing is known
   */
  async ofTerms(
    ground: DayGround,
    node: string,
    name: string,
    what: string,
    terms: () => readonly NumeratorSeries[],
    now: number,
  ): Promise<Outlook> {
    const { estate, policy } = ground;
    const until = estate.zone.startOf('day', now);
    const key = `${name}\n${node}`;
    const before = this.#kept.get(key);
    this.#kept.delete(key);
    if (
      before &&
      isSame(before.estate, estate, node) &&
      before.until === until &&
      tellsAlike(before.policy, policy)
    ) {
      before.policy = policy;
      before.estate = estate;
      this.#kept.set(key, before);
      return before.outlook;
    }
    const kept: Kept = {
      estate,
      policy,
      until,
      outlook: outlookOf(ground, node, terms(), what, until).then(({ meters, ...outlook }) => {
        kept.meters = meters;
        return outlook;
      }),
      meters: null,
    };
    this.#kept.set(key, kept);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT) break;
      this.#kept.delete(oldest);
    }
    try {
      return await kept.outlook;
    } catch (error) {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      throw error;
    }
  }

  /** Takes note of what the ledger has just written: a day that is over is another one. */
  written({ days }: Pick<HandOver, 'days'>): void {
    for (const { meter, start } of days) this.#drop((k) => start < k.until && has(k, meter));
  }

  changed(months: readonly { meter: number; month: number }[]): void {
    const meters = new Set(months.map((m) => m.meter));
    this.#drop((k) => [...meters].some((meter) => has(k, meter)));
  }

  #drop(isOld: (kept: Kept) => boolean): void {
    for (const [key, kept] of this.#kept) if (isOld(kept)) this.#kept.delete(key);
  }
}

/** Whether two estates tell the same of a node: what is booked elsewhere makes no other forecast of it. */
function isSame(a: Estate, b: Estate, node: string): boolean {
  if (a === b) return true;
  if (a.meters !== b.meters || a.virtuals !== b.virtuals || a.nodes !== b.nodes || a.zone !== b.zone)
    return false;
  const below = b.subtree(node).map((n) => n.id);
  return a.book.isSameAt(b.book, below);
}

/** Whether two policies convert alike: a target that is set makes no other forecast. */
function tellsAlike(a: Policy, b: Policy): boolean {
  if (a === b) return true;
  return (['scheme', 'factor', 'setting', 'quota'] as const).every((kind) => {
    const before = a.list(kind);
    const now = b.list(kind);
    return before.length === now.length && before.every((body, i) => body === now[i]);
  });
}

/** Of one that is still being made nobody knows its meters yet. */
function has(kept: Kept, meter: number): boolean {
  return kept.meters === null || kept.meters.has(meter);
}

async function outlookOf(
  ground: DayGround,
  node: string,
  terms: readonly NumeratorSeries[],
  what: string,
  until: number,
): Promise<Outlook & { meters: ReadonlySet<number> }> {
  const { zone } = ground.estate;
  const from = zone.startOf('year', until);
  const first = zone.startOf('year', zone.shift(from, 'year', -YEARS));
  const { days, meters, lacks } = await dayHistory(ground, node, terms, what, first, until);
  const end = zone.next('year', from);
  const coming: Day[] = [];
  for (let start = until; start < end; start = zone.next('day', start)) coming.push(dayAt(zone, start));
  const forecast = forecastOf(days, coming);
  const known = days.filter((d) => d.quantity !== null).length;
  const said: Lack[] = [...lacks];
  if (!forecast) said.push({ reason: 'no_data', what });
  else if (forecast.kind === 'straight_line') said.push({ reason: 'too_short', what: `${known} d` });
  else if (forecast.margin === null) said.push({ reason: 'too_short', what: 'backtest' });
  return { year: zone.wall(from).year, from, until, history: days, forecast, lacks: said, meters };
}

/** First instant of the day with an index; see `Day.index`. */
export function startOfDay(zone: Estate['zone'], index: number): number {
  return zone.instant(index * DAY_MS);
}
