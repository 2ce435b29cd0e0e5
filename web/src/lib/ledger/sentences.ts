/** What the ledger found, as sentences: pure functions of the answer, the words and the estate's clock. */
import type { Verdict } from '../../../../server/domain/judgement.ts';
import { DAY_MS, HOUR_MS } from '../../../../server/domain/time.ts';
import type { ClockTrouble, Revision, Suspect } from '../../../../server/http/schemas/ledger.ts';
import { count, type Dates, exact, fixed, quantity, register } from '../i18n/format.ts';
import type { LedgerWords } from './words.zh.ts';

/** What a sentence is made with. */
export interface Speech {
  dates: Dates;
  words: LedgerWords;
}

interface Point {
  time: string;
  value: number;
}

export function verdictSentence(
  row: { value: number; verdict: Verdict; previous: Point | null; next: Point | null },
  { words }: Speech,
): string {
  const beside = words.neighbours(
    row.previous && register(row.previous.value),
    row.next && register(row.next.value),
  );
  return words.judged[row.verdict](register(row.value), beside);
}

/** A length of time in the largest unit that tells it well. */
export function spanText(ms: number, { words }: Speech): string {
  if (ms >= 2 * DAY_MS) return words.span.days(exact(round(ms / DAY_MS)));
  if (ms >= HOUR_MS) return words.span.hours(exact(round(ms / HOUR_MS)));
  return ms >= 60_000 ? words.span.minutes(count(ms / 60_000)) : words.span.seconds(count(ms / 1000));
}

/** One place is enough, none where it would be 0. */
function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** From where to where, naming the day once where it is one. */
export function between(from: number, to: number, { dates, words }: Speech): string {
  const sameDay = dates.zone.startOf('day', from) === dates.zone.startOf('day', to);
  return words.findings.suspectTime(dates.moment(from), sameDay ? dates.time(to) : dates.moment(to));
}

export function suspectSentence(s: Suspect, speech: Speech): string {
  const { words, dates } = speech;
  const [previous, next] = [register(s.previous.value), register(s.next.value)];
  if (s.verdict === 'suspected_exchange' || s.rate === null) return words.findings.fall(previous, next);
  const rate = (value: number) => quantity(value, s.unit, dates.m);
  const ceiling = !s.ceiling
    ? words.findings.overNothing
    : s.ceiling.source === 'given'
      ? words.findings.overGiven(rate(s.ceiling.rate))
      : words.findings.overLearned(rate(s.ceiling.rate));
  const span = Date.parse(s.next.time) - Date.parse(s.previous.time);
  return words.findings.rise(previous, next, spanText(span, speech), rate(s.rate), ceiling);
}

export function clockSentence(c: ClockTrouble, speech: Speech): string {
  const offset = c.offset_s === null ? '' : spanText(Math.abs(c.offset_s) * 1000, speech);
  return speech.words.findings.clock[c.trouble](offset, count(c.count));
}

/** +5,040 kWh or −5,040 kWh, in full. */
export function signed(value: number, unit: string): string {
  return `${value < 0 ? '−' : '+'}${plain(Math.abs(value), unit)}`;
}

/** A quantity in full, to be set against another: whole from a hundred on, else with two places. */
export function plain(value: number, unit: string): string {
  const size = Math.abs(value);
  return `${fixed(value, size >= 1000 || Number.isInteger(value) ? 0 : 2)} ${unit}`.trim();
}

export function causesText(r: Pick<Revision, 'causes' | 'change'>, { words }: Speech): string {
  const w = words.revision;
  return r.causes
    .map((cause) =>
      cause === 'description' ? (w.sources[r.change?.source ?? ''] ?? w.causes[cause]) : w.causes[cause],
    )
    .join(w.and);
}

/** E.g. March 2026: −5,040 kWh (12,000 → 6,960) since an exchange was recorded, 3 hours, by Wang. */
export function revisionSentence(r: Revision, speech: Speech): string {
  const { words, dates } = speech;
  const w = words.revision;
  const month = dates.m.date.month(dates.zone.wall(Date.parse(r.month)));
  const causes = causesText(r, speech);
  const text = (value: number) => plain(value, r.unit);
  let said: string;
  if (r.before === null && r.after === null) said = w.same(month, causes, words.record.noneKnown);
  else if (r.before === null) said = w.filled(month, causes, text(r.after ?? 0));
  else if (r.after === null) said = w.emptied(month, causes, text(r.before));
  else if (r.after === r.before) said = w.same(month, causes, text(r.after));
  else {
    const by = text(Math.abs(r.after - r.before));
    said = (r.after > r.before ? w.up : w.down)(month, causes, by, text(r.before), text(r.after));
  }
  const [from, to] = [Date.parse(r.from), Date.parse(r.to)];
  const who = r.change?.author;
  return (
    said +
    w.hours(count(r.hours), hoursSpan(from, to, dates)) +
    (who ? w.by(w.nobody[who] ?? who) : '') +
    w.end
  );
}

/** 14 Mar, 10 to 13 h; or from one hour of a day to one of another. */
export function hoursSpan(from: number, to: number, dates: Dates): string {
  const day = dates.dayShort(from);
  if (dates.zone.startOf('day', from) === dates.zone.startOf('day', to - 1)) {
    return `${day} ${dates.span(from, to)}`;
  }
  return dates.m.date.range(
    dates.m.date.moment(day, dates.time(from)),
    dates.m.date.moment(dates.dayShort(to), dates.time(to)),
  );
}
