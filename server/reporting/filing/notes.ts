import type { FilingStore } from '../../catalogue/filings.ts';
import type { Estate } from '../../domain/estate.ts';
import type { Policy } from '../../domain/policy.ts';
import type { FilingNote } from '../report.ts';
import { calendarOf } from './calendar.ts';

/**
 * How far the monthly filings of the institutions below a bureau were at an instant, as its bulletin tells it.
 * @param month `2026-12`
 * @param at epoch ms; what was filed later is not told, so that the same bulletin says the same again
 */
export function filingNotes(
  {
    estate,
    policy,
    filings,
  }: { estate: Estate; policy: Policy; filings: Pick<FilingStore, 'list' | 'enteredAt'> },
  node: string,
  month: string,
  at: number,
): FilingNote[] {
  const until = filings.list(month, month).flatMap((filing) => {
    const steps = filing.steps.filter((s) => s.at <= at);
    return steps.length > 0 ? [{ ...filing, steps }] : [];
  });
  const asked = { node, from: month, to: month, now: at, enteredAt: filings.enteredAt() };
  return calendarOf(estate, policy.list('deadline'), until, asked)
    .filter((f) => f.form === 'monthly' && f.period === month && f.node !== node)
    .map((f) => ({
      node: f.node,
      state: f.state,
      due: f.due?.date ?? null,
      late: f.dueState === 'late' || f.dueState === 'filed_late',
    }));
}
