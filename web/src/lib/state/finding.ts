/** The sentence that a page opens with, made from the figures and honest about what they stand on. */
import type { Carrier } from '../../../../server/domain/meter.ts';
import type { Zone } from '../../../../server/domain/time.ts';
import type { Comparison, ConsumptionRow } from '../../../../server/http/schemas/consumption.ts';
import { completeness, type Dates, percent, quantity } from '../i18n/format.ts';
import { type Chosen, periodAt, stepOf } from './period.ts';

/** A quantity and the like part of the year before. */
export interface Compared {
  quantity: number | null;
  completeness: number;
  /** The part that is compared. */
  from: number;
  to: number;
  basis: number | null;
  other: number | null;
  otherCompleteness: number;
  /** Only a part of the period is compared, since it is still running. */
  partial: boolean;
}

/** Below this completeness of the basis nothing is compared. */
export const ENOUGH_BASIS = 0.8;
/** Below this the comparison is shown with a word of care. */
const WEAK_BASIS = 0.95;
/** Below this the gaps are worth a word. */
const WORTH_SAYING = 0.995;

/** The server compares what runs to the hour; a running week or range is compared by its whole days. */
export function compared(
  period: Chosen,
  now: number,
  rows: readonly ConsumptionRow[],
  before: readonly ConsumptionRow[],
  running: Comparison | null,
  zone: Zone,
): Compared {
  const isRunning = period.end > now;
  if (isRunning && running) {
    return {
      quantity: running.quantity,
      completeness: running.completeness,
      from: Date.parse(running.basis.from),
      to: Date.parse(running.basis.to),
      basis: running.basis.quantity,
      other: running.last_year.quantity,
      otherCompleteness: running.last_year.completeness,
      partial: true,
    };
  }
  const level = stepOf(period);
  const started = rows.filter((r) => Date.parse(r.start) < now);
  const whole = started.filter((r) => zone.next(level, Date.parse(r.start)) <= now).length;
  const total = sum(started);
  const basis = sum(rows.slice(0, whole));
  const other = sum(before.slice(0, whole));
  const last = rows[whole - 1];
  return {
    quantity: total.quantity,
    completeness: total.completeness,
    from: period.start,
    to: last ? zone.next(level, Date.parse(last.start)) : period.start,
    basis: basis.quantity,
    other: other.quantity,
    otherCompleteness: other.completeness,
    partial: isRunning,
  };
}

function sum(rows: readonly ConsumptionRow[]): { quantity: number | null; completeness: number } {
  const known = rows.filter((r) => r.quantity !== null);
  if (known.length === 0) return { quantity: null, completeness: 0 };
  return {
    quantity: known.reduce((s, r) => s + (r.quantity ?? 0), 0),
    completeness: rows.reduce((s, r) => s + r.completeness, 0) / rows.length,
  };
}

/** A finding and what to bear in mind with it. */
export interface Finding {
  text: string;
  caveat: string | null;
}

/** E.g. this month's electricity 86,420 kWh, 4.2 % less than last year (both 1 Nov to 21 Nov 14:00). */
export function usageFinding(
  c: Compared,
  period: Chosen,
  carrier: Carrier,
  unit: string,
  now: number,
  dates: Dates,
): Finding {
  const m = dates.m;
  const f = m.finding;
  const current = periodAt(period.kind, now, dates.zone);
  const isCurrent = period.kind !== 'range' && current.start === period.start;
  const name = isCurrent ? m.period.current[period.kind] : dates.period(period);
  const use = m.uses[carrier];
  if (period.start > now) return { text: f.future(name), caveat: null };
  if (c.quantity === null) return { text: f.none(name, use), caveat: null };
  const basis = m.compare.lastYearLong[period.kind];
  const span = c.partial ? f.like(dates.span(c.from, c.to)) : '';
  const caveats: string[] = [];
  let text = f.use(name, use, quantity(c.quantity, unit, m));
  if (c.basis !== null && c.other !== null && c.other !== 0 && c.otherCompleteness >= ENOUGH_BASIS) {
    const ratio = c.basis / c.other - 1;
    text +=
      Math.abs(ratio) < 0.0005
        ? f.same(basis)
        : ratio < 0
          ? f.less(basis, percent(ratio))
          : f.more(basis, percent(ratio));
    text += span;
    if (c.otherCompleteness < WEAK_BASIS) caveats.push(f.weakBasis(basis, completeness(c.otherCompleteness)));
  } else {
    caveats.push(
      c.other === null || c.otherCompleteness === 0
        ? f.noBasis(basis)
        : f.tooWeak(basis, completeness(c.otherCompleteness)),
    );
  }
  if (c.completeness < WORTH_SAYING) caveats.unshift(f.gaps(completeness(c.completeness)));
  return { text: text + f.end, caveat: caveats.length > 0 ? caveats.join('') : null };
}
