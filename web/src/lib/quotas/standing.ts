/** What is to be said of a position against a quota, made from its figures. */
import type { QuotaPosition, QuotaRow } from '../../../../server/http/schemas/quotas.ts';
import { type Dates, figure, percent } from '../i18n/format.ts';
import type { Catalogue } from '../i18n/zh.ts';
import { amount } from '../terms/amounts.ts';
import { regionText, word } from '../terms/word.ts';
import type { QuotaWords } from './words.zh.ts';

export type Verdict = NonNullable<QuotaPosition['verdict']>;

/** Water quotas have a general and an advanced value in the places of the constraint and the leading one. */
const isWater = (metric: QuotaPosition['metric']): boolean => metric === 'water_per_person';

export function verdictText(metric: QuotaPosition['metric'], verdict: Verdict, w: QuotaWords): string {
  return (isWater(metric) ? w.quota.verdictsWater : w.quota.verdicts)[verdict];
}

export function valueNames(metric: QuotaPosition['metric'], w: QuotaWords): QuotaWords['quota']['values'] {
  return isWater(metric) ? w.quota.valuesWater : w.quota.values;
}

export const VERDICT_ICONS = {
  within_leading: 'check',
  within_base: 'check',
  within_constraint: 'same',
  above_constraint: 'warning',
} as const satisfies Record<Verdict, string>;

/** What would have to be saved, or is left, to the nearest limits; of a year that runs, by its end. */
export function distances(p: QuotaPosition, w: QuotaWords, m: Catalogue): string[] {
  const { quota, verdict, excess, excess_unit: unit, value } = p;
  if (!quota || verdict === null || unit === null || value === null) return [];
  const names = valueNames(p.metric, w);
  const share = (limit: number) => percent(value / limit - 1);
  const { constraint, leading } = quota.values;
  const out: string[] = [];
  if (excess.constraint !== null && constraint !== null) {
    const ahead = p.projection !== null;
    const say =
      excess.constraint > 0
        ? ahead
          ? w.quota.overAhead
          : w.quota.over
        : ahead
          ? w.quota.leftAhead
          : w.quota.left;
    // A ratio has no amount that could be saved without a word on the other part of it.
    if (p.metric !== 'eue') {
      out.push(say(names.constraint, amount(Math.abs(excess.constraint), unit, w, m), share(constraint)));
    }
  }
  if (excess.leading !== null && excess.leading > 0 && verdict !== 'above_constraint' && leading !== null) {
    if (p.metric !== 'eue') out.push(w.quota.toLeading(names.leading, amount(excess.leading, unit, w, m)));
  }
  return out;
}

/** Of a year that runs: what was used, what is to come, and how sure that is. */
export function projectionOf(p: QuotaPosition, w: QuotaWords, m: Catalogue, dates: Dates): string[] {
  const { projection: of, verdict, unit } = p;
  if (of === null) return [];
  const until = dates.day(Date.parse(of.until) - 1);
  const say = (value: number, of: string) => amount(value, of, w, m);
  const used = say(of.actual, of.unit);
  const out = [w.quota.projection(until, used, of.rest === null ? m.number.unknown : say(of.rest, of.unit))];
  if (of.low !== null && of.high !== null) {
    out.push(w.quota.interval(figure(of.low), say(of.high, unit)));
    const other = [of.verdict_low, of.verdict_high].find((v) => v !== null && v !== verdict);
    if (other) out.push(w.quota.mayBe(verdictText(p.metric, other, w)));
  } else if (of.kind === 'straight_line') out.push(w.quota.straight);
  if (of.mape !== null) out.push(w.quota.mape(percent(of.mape)));
  return out;
}

/** The finding of a page of positions in a sentence. */
export function findingOf(positions: readonly QuotaPosition[], w: QuotaWords): string {
  const told = positions.filter((p) => p.verdict !== null);
  const over = told.filter((p) => p.verdict === 'above_constraint');
  const unknown = positions.length - told.length;
  if (positions.length === 0) return w.quota.none;
  if (told.length === 0) return w.quota.onlyUnknown(String(unknown));
  const best = told.find((p) => p.verdict === 'within_leading' || p.verdict === 'within_base');
  return (
    (over.length > 0
      ? w.quota.finding(String(over.length), String(told.length))
      : w.quota.allWithin(String(told.length))) +
    (best?.verdict ? w.quota.best(w.metrics[best.metric], verdictText(best.metric, best.verdict, w)) : '') +
    (unknown > 0 ? w.quota.unknown(String(unknown)) : '') +
    w.head.stop
  );
}

/** For whom a row is: type, level, zone, region, and what else tells it apart. */
export function rowFor(row: QuotaRow, w: QuotaWords): string {
  const list = (keys: readonly string[] | null, table: Record<string, string>): string[] =>
    keys === null ? [] : [keys.map((k) => word(table, k)).join(w.and)];
  return [
    ...list(row.types, w.types),
    ...list(row.levels, w.levels),
    ...list(row.zones, w.zones),
    ...(row.regions === null ? [] : [row.regions.map((code) => regionText(code, w.regions)).join(w.and)]),
    ...(row.variant === null ? [] : [word(w.variants, row.variant)]),
  ].join(' · ');
}
