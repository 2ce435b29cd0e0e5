import type { FilingForm } from '../../../../server/domain/filing.ts';
import type {
  FilingDetail,
  FilingReminders,
  FilingRow,
  Filings,
} from '../../../../server/http/schemas/filings.ts';
import type { Catalogue } from '../i18n/zh.ts';
import type { ReportWords } from './words.zh.ts';

/** How far a filing is, as it is shown: what is open by its deadline, what is filed by its state. */
export type Shown = keyof ReportWords['states'];

export function shownState(of: Pick<FilingRow, 'state' | 'due_state'>): Shown {
  if (of.state !== 'draft') return of.state;
  return of.due_state === 'late' || of.due_state === 'running' ? of.due_state : 'due';
}

export const STATE_ICONS = {
  running: 'never',
  due: 'calendar',
  late: 'warning',
  submitted: 'inbox',
  returned: 'warning',
  accepted: 'check',
  published: 'check',
} as const satisfies Record<Shown, string>;

export function periodWords(form: FilingForm, period: string, w: ReportWords, m: Catalogue): string {
  const year = period.slice(0, 4);
  if (form === 'annual') return w.year(year);
  if (form === 'quarterly') return w.quarter(year, period.slice(6));
  return m.date.month({ year: Number(year), month: Number(period.slice(5)), day: 1 });
}

export function titleOf(of: Pick<FilingRow, 'form' | 'period'>, w: ReportWords, m: Catalogue): string {
  return w.title(periodWords(of.form, of.period, w, m), w.forms[of.form]);
}

/** 2026-11-10 as a date of the page's language. */
export function dayWords(date: string, m: Catalogue): string {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  return m.date.day({ year, month, day });
}

/** The address of a report of a filing. */
export function documentPath(of: Pick<FilingDetail, 'id'>, report: FilingDetail['reports'][number]): string {
  return `/filings/${encodeURIComponent(of.id)}/reports/${report.kind}`;
}

/** What is late, due soon, returned and to be reviewed, in a sentence. */
export function reminderText({ late, due, returned, submitted }: FilingReminders, w: ReportWords): string {
  const n = (of: { count: number }): string => String(of.count);
  // The server puts them first, so that those which it leaves out are none.
  const back = late.first.filter((f) => f.state === 'returned').length;
  return (
    [
      late.count > 0 ? w.list.late(n(late)) : w.list.noneLate,
      ...(back > 0 ? [w.list.ofThemReturned(String(back))] : []),
      due.count > 0 ? w.list.dueSoon(n(due)) : w.list.noneDue,
      ...(returned.count > 0 ? [w.list.returned(n(returned))] : []),
      ...(submitted.count > 0 ? [w.list.toReview(n(submitted))] : []),
    ].join(w.comma) + w.list.stop
  );
}

export type DeadlineShown = Filings['deadlines'][number];

/** In words: by the 10th of the month after. */
export function ruleWords({ form, months, day, shift }: DeadlineShown, w: ReportWords): string {
  const rule = w.deadline.rules[form](String(months), String(day));
  return shift === 'none' ? rule : rule + w.comma + w.deadline.shifts[shift];
}
