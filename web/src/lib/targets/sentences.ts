/** What is to be said of a target, made from its figures. */

import { INDICATORS } from '../../../../server/domain/indicator.ts';
import { ENOUGH_TO_JUDGE } from '../../../../server/domain/verdict.ts';
import { completeness, type Dates, percent } from '../i18n/format.ts';
import type { Catalogue } from '../i18n/zh.ts';
import { amount } from '../terms/amounts.ts';
import { toldOf } from './amounts.ts';
import type { Backtest, Current, Target, TargetView } from './types.ts';
import type { TargetWords } from './words.zh.ts';

/** So few tries at the past tell of chance. */
const FEW = 3;
/** Shares nearer than this are the same to one place after the point. */
const SAME = 0.0005;

export interface Said {
  text: string;
  caveat: string | null;
}

/** The finding of one target in a sentence, and what is to be borne in mind with it. */
export function findingOf(target: TargetView, w: TargetWords, m: Catalogue, dates: Dates): Said {
  const name = w.indicators[target.indicator];
  const { current } = target;
  if (current === null) return { text: outside(target, name, w, m), caveat: null };
  const told = toldOf(target, current);
  const say = (quantity: number | null): string => amount(told.of(quantity), told.unit, w, m);
  const year = String(current.year);
  if (current.actual === null) return { text: w.finding.none(year, name), caveat: null };
  let text = w.finding.use(year, name, say(current.actual));
  const { budget } = current;
  if (budget !== null && budget > 0) text += w.finding.share(percent(current.actual / budget));
  if (current.verdict === 'passed' && current.passed_on) {
    text += w.finding.passed(dates.day(dayStart(current.passed_on, dates)));
  }
  const end = target.forecast?.total ?? null;
  if (end !== null) {
    text += (target.forecast?.kind === 'straight_line' ? w.finding.endLine : w.finding.end)(say(end));
    // What is missing can only add: of an incomplete year nobody can say that it stays below.
    if (budget !== null && budget > 0 && (end > budget || !isWeak(current)))
      text += against(end / budget - 1, w);
  }
  text += w.finding.stop;
  return { text, caveat: isWeak(current) ? w.finding.weak(completeness(current.completeness)) : null };
}

/** Whether too little of the year so far was measured to compare it. */
export function isWeak(current: Pick<Current, 'completeness'>): boolean {
  return current.completeness < ENOUGH_TO_JUDGE;
}

function against(difference: number, w: TargetWords): string {
  if (Math.abs(difference) < SAME) return w.finding.equal;
  return difference < 0 ? w.finding.below(percent(difference)) : w.finding.above(percent(difference));
}

/** Of a target whose years are over, or have not begun. */
function outside(target: TargetView, name: string, w: TargetWords, m: Catalogue): string {
  const last = target.years.at(-1);
  const first = target.years[0];
  const say = (value: number): string => amount(value, target.unit, w, m);
  if (last?.state === 'past') {
    const ended = w.finding.ended(name, String(target.base_year), String(target.end_year));
    if (last.met === null || last.actual === null || last.target === null) {
      return ended + w.finding.endedUnknown + w.finding.stop;
    }
    const result = last.met ? w.finding.endedMet : w.finding.endedMissed;
    return ended + result(say(last.actual), say(last.target)) + w.finding.stop;
  }
  const from = String(first?.year ?? target.end_year);
  return first?.target == null
    ? w.finding.aheadUnknown(name, from)
    : w.finding.ahead(name, from, say(first.target));
}

/** Those of the running year first, each in the order of the indicators. */
export function inOrder(targets: readonly TargetView[]): TargetView[] {
  const place = (t: TargetView): number =>
    (t.current ? 0 : INDICATORS.length) + INDICATORS.findIndex((i) => i.id === t.indicator);
  return targets.toSorted((a, b) => place(a) - place(b) || a.end_year - b.end_year);
}

/** Of targets of nodes above, of each kind that of the nearest node. */
export function nearest(above: readonly Target[], depth: (node: string) => number): Target[] {
  const kinds = Map.groupBy(above, (t) => `${t.indicator} ${t.end_year}`);
  return [...kinds.values()].flatMap((same) =>
    same.toSorted((a, b) => depth(b.node) - depth(a.node)).slice(0, 1),
  );
}

/** How wrong such forecasts have been, next to what needs no model. */
export function backtestText(test: Backtest, w: TargetWords): string {
  const head = w.forecast.tested(String(test.cuts.length), String(test.horizon_days), percent(test.mape));
  if (test.cuts.length < FEW) return head + w.forecast.few;
  const [year, line] = [test.mape_last_year, test.mape_straight_line];
  const result =
    test.mape < year && test.mape < line
      ? w.forecast.better
      : test.mape < year
        ? w.forecast.betterYear
        : test.mape < line
          ? w.forecast.betterLine
          : w.forecast.worse;
  return head + result(percent(year), percent(line));
}

/** First instant of a date of the estate, epoch ms. */
export function dayStart(date: string, dates: Dates): number {
  return dates.zone.instant(Date.parse(`${date}T00:00:00Z`));
}

/** The month YYYY-MM as an instant in it. */
export function monthStart(month: string, dates: Dates): number {
  return dates.zone.instant(Date.parse(`${month}-01T00:00:00Z`));
}

/** The last full day that counts. */
export function untilText(until: string, dates: Dates): string {
  return dates.day(Date.parse(until) - 1);
}
