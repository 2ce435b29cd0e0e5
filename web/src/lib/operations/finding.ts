/** What the page says first: whether all is well, else what is wrong and since when. */
import type { Operations, PartState } from '../../../../server/http/schemas/operations.ts';
import { count, type Dates, figure } from '../i18n/format.ts';
import type { Language } from '../i18n/i18n.svelte.ts';
import type { OperationsWords } from './words.zh.ts';

type Alarm = Operations['alarms'][number];

export interface Said {
  text: string;
  /** What to do; null when there is nothing. */
  todo: string | null;
}

export interface Speaking {
  w: OperationsWords;
  dates: Dates;
  language: Language;
}

/** @param awayAt the last answer of a server that answers no more; null when it answers */
export function finding(of: Operations, awayAt: number | null, speaking: Speaking): Said {
  const { w, dates } = speaking;
  if (awayAt !== null) return { text: w.finding.away(dates.timeS(awayAt)), todo: w.finding.awayTodo };
  const inForce = of.alarms.filter((a) => a.until === null);
  const [worst] = inForce;
  if (worst) {
    const since = moment(worst.since, of, speaking);
    const what = sentence(worst, speaking);
    const text =
      inForce.length === 1
        ? w.finding.one(what, since)
        : w.finding.several(count(inForce.length), what, since);
    return { text, todo: w.alarms.todo(w.todo[worst.code]) };
  }
  const rate = of.series.received_per_s.at(-1) ?? 0;
  const well = rate > 0 ? w.finding.ok(figure(rate)) : w.finding.quiet;
  const last = of.alarms.find((a): a is Alarm & { until: string } => a.until !== null);
  const past = last
    ? w.finding.past(
        moment(last.since, of, speaking, true),
        moment(last.until, of, speaking, true),
        sentence(last, speaking),
      )
    : '';
  return { text: well + past, todo: null };
}

/** What the code of a part says, in the language of the page. */
export function sentence(of: PartState, { language }: Pick<Speaking, 'language'>): string {
  return of[language];
}

/** The time alone where it was today; to the second, where two of them may lie in one minute. */
export function moment(
  at: string,
  of: Operations,
  { dates }: Pick<Speaking, 'dates'>,
  toTheSecond = false,
): string {
  const [then, now] = [Date.parse(at), Date.parse(of.now)];
  const sameDay = dates.zone.startOf('day', then) === dates.zone.startOf('day', now);
  if (!sameDay) return dates.moment(then);
  return toTheSecond ? dates.timeS(then) : dates.time(then);
}
