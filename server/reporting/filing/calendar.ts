import { institutionsBelow } from '../../conservation/comparison.ts';
import { type Deadline, type Due, daysLeft, duesOf } from '../../domain/deadline.ts';
import type { Estate } from '../../domain/estate.ts';
import {
  FILING_FORMS,
  type Filing,
  type FilingForm,
  type FilingKey,
  type FilingState,
  filingId,
  lastMonthOf,
  monthsOf,
  periodOf,
  stateOf,
} from '../../domain/filing.ts';
import type { Node } from '../../domain/meter.ts';
import { monthAfter } from '../../domain/month.ts';

/**
 * running: the period has not ended. due: to be filed, in time so far. late: to be filed since its deadline.
 * in_time, filed_late: filed for the first time before, or after it. undated: filed, and no deadline is set.
 */
export const DUE_STATES = ['running', 'due', 'late', 'in_time', 'filed_late', 'undated'] as const;
export type DueState = (typeof DUE_STATES)[number];

/** A filing that is owed, or that was made. */
export interface Calendared extends FilingKey {
  node: string;
  name: string;
  state: FilingState;
  dueState: DueState;
  due: Due | null;
  /** Whole days until it is due, negative: since; null: it is filed, or no deadline is set. */
  daysLeft: number | null;
  filing: Filing | undefined;
}

/** As far back as reminders look, months. */
export const REMEMBERED_MONTHS = 24;

/**
 * What a node and the institutions below it owe and filed, of periods that end in [from, to], in order of what
 * is due first. What has no deadline and was not filed is left out, and so is what had one before anybody said
 * since when: of that only the last period is owed, and by nobody who was entered when it was due already.
 * @param from the first month, `2026-01`
 * @param to the last one
 * @param enteredAt since when nodes are in the estate, epoch ms
 */
export function calendarOf(
  estate: Estate,
  deadlines: readonly Deadline[],
  filings: readonly Filing[],
  asked: { node: string; from: string; to: string; now: number; enteredAt: ReadonlyMap<string, number> },
): Calendared[] {
  const { zone } = estate;
  const { from, to, now } = asked;
  const today = zone.iso(now).slice(0, 7);
  const made = new Map(filings.map((f) => [filingId(f), f]));
  const below = new Set(estate.subtree(asked.node).map((n) => n.id));
  const out: Calendared[] = [];
  const dueAt = duesOf(estate, deadlines);
  const isOwed = (key: FilingKey, due: Due | null): boolean => {
    if (!due) return false;
    if (due.deadline.from !== null) return true;
    const entered = asked.enteredAt.get(key.node);
    return isRecent(key, today) && (entered === undefined || entered < due.at);
  };
  const add = (node: Node, key: FilingKey): void => {
    const filing = made.get(filingId(key));
    made.delete(filingId(key));
    const due = dueAt(key);
    if (!filing && !isOwed(key, due)) return;
    out.push(calendared(estate, node, key, filing, due, now));
  };
  const periods = FILING_FORMS.flatMap((form) => periodsOf(form, from, to, today));
  for (const node of filersBelow(estate, asked.node)) {
    for (const of of periods) add(node, { node: node.id, ...of });
  }
  // Whoever else filed something: a bureau, or a building.
  for (const filing of [...made.values()]) {
    const node = estate.node(filing.node);
    const end = lastMonthOf(filing.form, filing.period);
    if (node && below.has(node.id) && end >= from && end <= to) {
      add(node, { node: node.id, form: filing.form, period: filing.period });
    }
  }
  return out.sort(
    (a, b) =>
      (a.due?.at ?? Number.POSITIVE_INFINITY) - (b.due?.at ?? Number.POSITIVE_INFINITY) ||
      a.period.localeCompare(b.period),
  );
}

/** The periods of a form that end in [from, to] and have begun; the one that runs is told while it runs. */
function periodsOf(
  form: FilingForm,
  from: string,
  to: string,
  today: string,
): Pick<FilingKey, 'form' | 'period'>[] {
  const out: Pick<FilingKey, 'form' | 'period'>[] = [];
  const running = periodOf(form, today);
  const last = periodOf(form, today < to ? today : to);
  for (let period = periodOf(form, from); period <= last; ) {
    const end = lastMonthOf(form, period);
    if (end <= to || period === running) out.push({ form, period });
    period = periodOf(form, monthAfter(end, 1));
  }
  return out;
}

/** Who files: the institutions at and below a node; where there are none, the node itself. */
export function filersBelow(estate: Estate, node: string): readonly Node[] {
  const institutions = institutionsBelow(estate, node);
  if (institutions.length > 0) return institutions;
  const own = estate.node(node);
  return own ? [own] : [];
}

/** Whether it is the period that runs, or the one that ended last. */
function isRecent(key: FilingKey, today: string): boolean {
  const running = periodOf(key.form, today);
  const before = periodOf(key.form, monthAfter(monthsOf(key.form, running)[0] as string, -1));
  return key.period === running || key.period === before;
}

/** One filing as the calendar tells it. */
export function calendared(
  estate: Estate,
  node: Node,
  key: FilingKey,
  filing: Filing | undefined,
  due: Due | null,
  now: number,
): Calendared {
  const { zone } = estate;
  const state = stateOf(filing);
  const isOpen = state === 'draft' || state === 'returned';
  const ended = lastMonthOf(key.form, key.period) < zone.iso(now).slice(0, 7);
  const first = filing?.steps[0]?.at;
  return {
    node: node.id,
    name: node.name,
    form: key.form,
    period: key.period,
    state,
    due,
    daysLeft: isOpen && due ? daysLeft(zone, due, now) : null,
    filing,
    dueState: isOpen
      ? !ended
        ? 'running'
        : due && now >= due.at
          ? 'late'
          : 'due'
      : due === null || first === undefined
        ? 'undated'
        : first < due.at
          ? 'in_time'
          : 'filed_late',
  };
}

/** The end of a period, epoch ms. */
export function endOf(estate: Estate, key: Pick<FilingKey, 'form' | 'period'>): number {
  const after = monthAfter(lastMonthOf(key.form, key.period), 1);
  return estate.zone.instant(Date.UTC(Number(after.slice(0, 4)), Number(after.slice(5)) - 1, 1));
}
