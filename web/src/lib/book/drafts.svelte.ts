import { SvelteMap } from 'svelte/reactivity';
import type { BookMonth } from '../../../../server/http/schemas/book.ts';
import { ApiError, apiPath, request } from '../api/client.ts';
import { readDay } from '../forms/dates.ts';
import { typedNumber } from '../forms/numbers.ts';
import { exact } from '../i18n/format.ts';

/** What is typed into the book and not saved yet, by line and field; it outlives the page that shows it. */

export type Line = BookMonth['rows'][number]['lines'][number];

export const FIELDS = [
  'quantity',
  'unit',
  'cost',
  'period_from',
  'period_to',
  'meter_number',
  'collected_by',
  'collected_on',
  'note',
] as const;
export type Field = (typeof FIELDS)[number];
const DATES: readonly Field[] = ['period_from', 'period_to', 'collected_on'];
const NUMBERS: readonly Field[] = ['quantity', 'cost'];

export function lineId({ node, carrier, account, vehicle, month }: Line): string {
  return [node, carrier, account ?? '', vehicle ?? '', month].join('|');
}

/** What a field shows of what is saved. */
export function stored({ entry, account_of, units }: Line, field: Field): string {
  if (field === 'unit') return entry?.unit ?? units[0] ?? '';
  if (!entry) return field === 'meter_number' ? (account_of?.meter_number ?? '') : '';
  if (field === 'period_from') return entry.period?.from ?? '';
  if (field === 'period_to') return entry.period?.to ?? '';
  const value = entry[field];
  if (typeof value === 'number') return exact(value);
  return value ?? '';
}

/** Why a text cannot stand in a field, as a code; null: it can. */
export function faultOf(line: Line, field: Field, text: string): string | null {
  if (text.trim() === '') return null;
  if (NUMBERS.includes(field)) {
    const number = typedNumber(text);
    return number === null ? 'not_a_number' : number < 0 ? 'negative' : null;
  }
  if (DATES.includes(field)) return readDay(text) === null ? 'bad_date' : null;
  if (field === 'unit') return line.units.includes(text.trim()) ? null : 'wrong_unit';
  return null;
}

class Drafts {
  readonly #texts = new SvelteMap<string, string>();
  readonly #faults = new SvelteMap<string, string>();

  text(line: Line, field: Field): string {
    return this.#texts.get(at(line, field)) ?? stored(line, field);
  }

  set(line: Line, field: Field, text: string): void {
    const key = at(line, field);
    this.#faults.delete(key);
    if (text === stored(line, field)) this.#texts.delete(key);
    else this.#texts.set(key, text);
    const fault = faultOf(line, field, text);
    if (fault) this.#faults.set(key, fault);
  }

  /** Code of what is wrong in a cell. */
  fault(line: Line, field: Field): string | null {
    return this.#faults.get(at(line, field)) ?? null;
  }

  isDirty(line: Line): boolean {
    return FIELDS.some((field) => this.#texts.has(at(line, field)));
  }

  /** What is saved stands in the cell again. */
  forgetCell(line: Line, field: Field): void {
    this.#texts.delete(at(line, field));
    this.#faults.delete(at(line, field));
  }

  forget(lines: readonly Line[]): void {
    for (const line of lines) for (const field of FIELDS) this.forgetCell(line, field);
  }

  /** Faults of these lines. */
  faults(lines: readonly Line[]): number {
    return lines.reduce((n, line) => n + FIELDS.filter((f) => this.fault(line, f) !== null).length, 0);
  }

  /**
   * Saves lines, all or nothing.
   * @returns how many were entered; null: refused, and the cells say why
   * @throws ApiError for what no cell is to blame for
   */
  async save(lines: readonly Line[], by: string): Promise<number | null> {
    for (const line of lines) {
      const from = this.text(line, 'period_from').trim();
      const to = this.text(line, 'period_to').trim();
      if ((from === '') !== (to === '')) {
        this.#faults.set(at(line, from === '' ? 'period_from' : 'period_to'), 'half_period');
      }
    }
    if (this.faults(lines) > 0) return null;
    const entries = lines.map((line) => this.#entry(line));
    try {
      const response = await request(apiPath('/book/entries'), {
        method: 'PUT',
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: JSON.stringify({ entries, recorded_by: by }),
      });
      return ((await response.json()) as { saved: number }).saved;
    } catch (error) {
      if (!(error instanceof ApiError) || !this.#take(error, lines)) throw error;
      return null;
    }
  }

  /** Puts what the server refuses to its cells; false: some of it has no cell. */
  #take(error: ApiError, lines: readonly Line[]): boolean {
    const named = error.problem?.errors ?? [];
    for (const { path, code } of named) {
      const [, index, field] = /^entries\[(\d+)\]\.(\w+)$/.exec(path) ?? [];
      const line = lines[Number(index)];
      if (!line || !code) return false;
      const known = FIELDS.find((f) => f === field) ?? 'quantity';
      this.#faults.set(at(line, known), code);
    }
    return named.length > 0;
  }

  #entry(line: Line): object {
    const text = (field: Field): string | null => this.text(line, field).trim() || null;
    const day = (field: Field): string | null => readDay(text(field) ?? '');
    // A field shows six places, so what nobody typed into is sent as it was.
    const number = (field: 'quantity' | 'cost'): number | null =>
      this.#texts.has(at(line, field)) ? typedNumber(text(field) ?? '') : (line.entry?.[field] ?? null);
    const { node, carrier, account, vehicle, month } = line;
    const key = { node, carrier, account, vehicle, month };
    const [quantity, cost] = [number('quantity'), number('cost')];
    // A line that was emptied is deleted; its history stays.
    if (quantity === null && cost === null && line.entry) return { ...key, delete: true };
    const [from, to] = [day('period_from'), day('period_to')];
    return {
      ...key,
      quantity,
      unit: text('unit') ?? '',
      cost,
      period: from && to ? { from, to } : null,
      meter_number: text('meter_number'),
      collected_by: text('collected_by'),
      collected_on: day('collected_on'),
      note: text('note'),
    };
  }
}

function at(line: Line, field: Field): string {
  return `${lineId(line)}|${field}`;
}

export const drafts = new Drafts();
