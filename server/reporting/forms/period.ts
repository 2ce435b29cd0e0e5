import type { Span } from '../../conservation/spans.ts';
import type { Zone } from '../../domain/time.ts';

/** What a form is about: a year, a quarter or a month, in whole months. */
export interface FormPeriod extends Span {
  /** `2026`, `2026-Q3` or `2026-12`. */
  id: string;
  /** As it stands at the head of the form. */
  name: string;
}

/** @throws RangeError where the text is no period, or it has not begun */
export function formPeriod(zone: Zone, text: string, now: number): FormPeriod {
  const [, year, quarter, month] = /^(\d{4})(?:-Q([1-4])|-(0[1-9]|1[0-2]))?$/.exec(text) ?? [];
  if (year === undefined) {
    throw new RangeError(`${JSON.stringify(text)} is no period like 2026, 2026-Q3 or 2026-12`);
  }
  const first = quarter ? (Number(quarter) - 1) * 3 : month ? Number(month) - 1 : 0;
  const count = quarter ? 3 : month ? 1 : 12;
  const from = zone.instant(Date.UTC(Number(year), first, 1));
  const to = zone.instant(Date.UTC(Number(year), first + count, 1));
  if (from >= now) throw new RangeError(`the period ${text} has not begun`);
  const part = quarter ? `第${quarter}季度` : month ? `${Number(month)}月` : '';
  return { id: text, name: `${year}年${part}`, from, to };
}
