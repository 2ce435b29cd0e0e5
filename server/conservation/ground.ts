import { dateOf } from '../domain/attribute.ts';
import type { Estate } from '../domain/estate.ts';
import type { Policy } from '../domain/policy.ts';
import { METRIC_RULES, type Quota } from '../domain/quota.ts';
import { type Amount, NOTHING, plus } from '../domain/rollup.ts';
import { coefficientAt, kgcePer, type Scheme } from '../domain/scheme.ts';
import type { SettingName } from '../domain/setting.ts';
import type { Ground, Note, Used } from '../domain/standing.ts';
import type { Zone } from '../domain/time.ts';
import { metersBy, metersOfItems } from './chosen-meters.ts';
import type { Months } from './months.ts';
import { IT_ITEM, MACHINE_ROOM_ITEM } from './presence.ts';
import { type Apart, type Lines, linesFor, type Role } from './quota-lines.ts';
import { figureOf, type Series, seriesOf } from './series.ts';
import type { Span } from './spans.ts';

export { metersBy, metersOfItems };

/** What figures of quotas and comparisons are computed from. */
export interface Sources {
  estate: Estate;
  policy: Policy;
  months: Pick<Months, 'perMonth' | 'sums' | 'series' | 'starts'>;
  /** epoch ms */
  now: number;
}

/** What is measured, without the attributes. */
export type Amounts = Pick<Ground, 'used' | 'heating' | 'transport' | 'apart' | 'machineRoom'>;

export interface Measured {
  amounts: Amounts;
  /** What is measured apart, subtracted or not. */
  apart: Apart[];
  completeness: number;
  /** Carriers of which nothing is known for a month, each with the first of them; null: for none of them. */
  unknown: { what: string; month: number | null }[];
  /** First instant of the months at the end of the span of which nothing is known yet of some carrier. */
  knownUntil: number;
  notes: Note[];
  /** What is added and subtracted; null: a ratio, of which nothing is added. */
  lines: Lines['lines'] | null;
}

/**
 * What an institution used in a year as far as a quota asks for it, and the parts of it that a quota leaves out.
 * @param keep whether it stays in although it is measured apart
 * @param span whole months, the last one perhaps in part
 */
export async function measuredFor(
  sources: Sources,
  node: string,
  quota: Quota,
  span: Span,
  keep: (apart: Apart) => boolean = () => false,
): Promise<Measured> {
  const { part, of } = METRIC_RULES[quota.metric];
  const scheme = quota.scheme === null ? null : (sources.policy.get('scheme', quota.scheme) ?? null);
  const reader = new Reader(sources, scheme, span);
  if (of === 'machine_room') {
    const machineRoom = await machineRoomOf(sources, node, reader);
    const amounts = { used: [], heating: [], transport: [], apart: [], machineRoom };
    return { amounts, apart: [], lines: null, ...reader.told() };
  }
  const { lines, apart, notes } = linesFor(sources, node, quota, scheme, keep);
  const linesOf = async (role: Role): Promise<Used[]> => {
    const used: Used[] = [];
    for (const { what, series } of lines.filter((l) => l.role === role)) {
      used.push(...(await reader.used(series, what)));
    }
    return used;
  };
  const used = await linesOf('used');
  // A part that was measured in some of the months is subtracted for those; only of the whole it is a lack.
  if (part !== 'heating') reader.partsFollow();
  const amounts = {
    used,
    heating: await linesOf('heating'),
    transport: await linesOf('transport'),
    apart: await linesOf('apart'),
    machineRoom: null,
  };
  const told = reader.told();
  return { amounts, apart, lines, ...told, notes: [...notes, ...told.notes] };
}

async function machineRoomOf(
  { estate, policy }: Sources,
  node: string,
  reader: Reader,
): Promise<Ground['machineRoom']> {
  const quantity = async (setting: SettingName, item: string): Promise<number | null> => {
    const chosen = metersBy(estate, policy, node, setting);
    const meters = estate
      .topmost(chosen.length > 0 ? chosen : metersOfItems(estate, node, [item]))
      .filter((m) => m.carrier === 'electricity');
    if (meters.length === 0) return null;
    const lines = await reader.used(seriesOf(estate, node, meters), setting);
    return lines.length === 0 ? null : lines.reduce((sum, l) => sum + l.amount, 0);
  };
  const total = await quantity('machine_room_meters', MACHINE_ROOM_ITEM);
  const it = await quantity('it_meters', IT_ITEM);
  return total === null || it === null ? null : { total, it };
}

/** kgce of one unit of a series in the month that begins at an instant; null: the scheme has none. */
export function kgceOf(
  zone: Zone,
  scheme: Scheme | null,
  { carrier, unit }: Series,
): (month: number) => number | null {
  if (!scheme) return () => null;
  const at = (date: string): number | null => {
    const coefficient = coefficientAt(scheme, carrier, date);
    return coefficient && kgcePer(coefficient, unit);
  };
  // Most hold ever since, so that no month has to be looked at.
  const dated = scheme.coefficients.some((c) => c.carrier === carrier && c.from !== null);
  if (dated) return (month) => at(dateOf(zone, month));
  const always = at('');
  return () => always;
}

/** Reads series over the span, and keeps what is not known of them. */
class Reader {
  readonly #sources: Sources;
  readonly #scheme: Scheme | null;
  readonly #span: Span;
  #parts = false;
  #knownUntil: number;
  #completeness = 1;
  #read = 0;
  readonly #unknown: Measured['unknown'] = [];
  readonly #notes: Note[] = [];

  constructor(sources: Sources, scheme: Scheme | null, span: Span) {
    this.#sources = sources;
    this.#scheme = scheme;
    this.#span = span;
    this.#knownUntil = span.to;
  }

  /** What is read from now on is a part of what was read before. */
  partsFollow(): void {
    this.#parts = true;
  }

  /** A line for each stretch of months with one coefficient; none where nothing is known. */
  async used(series: Series, what: string | null): Promise<Used[]> {
    const { from, to } = this.#span;
    const { months, estate } = this.#sources;
    const starts = months.starts(from, to);
    const amounts = await this.#perMonth(series, starts);
    const coefficientOf = kgceOf(estate.zone, this.#scheme, series);
    const lines: (Omit<Used, 'amount'> & { sum: Amount })[] = [];
    let sum: Amount | undefined;
    let missing: number | null = null;
    let trailing: number | null = null;
    starts.forEach((start, i) => {
      const amount = amounts[i];
      if (!amount) {
        missing ??= start;
        trailing ??= start;
        return;
      }
      trailing = null;
      sum = plus(sum ?? NOTHING, amount);
      const kgce = coefficientOf(start);
      const last = lines[lines.length - 1];
      if (last && last.kgce === kgce) last.sum = plus(last.sum, amount);
      else lines.push({ what, carrier: series.carrier, unit: series.unit, kgce, sum: amount });
    });
    if (missing !== null && this.#parts) {
      this.#notes.push({ note: 'partly_measured', what: what ?? series.carrier });
    } else if (missing !== null) {
      this.#knownUntil = Math.min(this.#knownUntil, trailing ?? to);
      this.#unknown.push({ what: what ?? series.carrier, month: sum ? missing : null });
    }
    if (!this.#parts) {
      this.#read++;
      this.#completeness = Math.min(this.#completeness, figureOf(series, sum, to - from).completeness);
    }
    return lines.map(({ sum: amount, ...line }) => ({
      ...line,
      amount: figureOf(series, amount, 0).quantity ?? 0,
    }));
  }

  /** Of a month that still runs what is over of it. */
  async #perMonth(series: Series, starts: readonly number[]): Promise<(Amount | undefined)[]> {
    const { from, to } = this.#span;
    const { months, estate } = this.#sources;
    const whole = estate.zone.startOf('month', to) === to;
    const spans = starts.map((start, i) => ({ from: start, to: starts[i + 1] ?? to }));
    const [amounts = []] = await (whole ? months.perMonth([series], from, to) : months.sums([series], spans));
    return amounts;
  }

  told(): Pick<Measured, 'completeness' | 'unknown' | 'knownUntil' | 'notes'> {
    return {
      knownUntil: this.#knownUntil,
      completeness: this.#read === 0 ? 0 : this.#completeness,
      unknown: this.#unknown,
      notes: this.#notes,
    };
  }
}
