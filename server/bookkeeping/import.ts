import { isDeepStrictEqual } from 'node:util';
import { type BillingAccount, type BookChange, type BookFields, bookUnit, keyText } from '../domain/book.ts';
import { type BookFaultCode, faultsOf } from '../domain/book-check.ts';
import type { Estate } from '../domain/estate.ts';
import type { Policy } from '../domain/policy.ts';
import { dateOf, monthOf, numberOf, type Plain, textOf } from './cells.ts';
import { COLUMNS, type ColumnKey, carrierNamed, NEEDED, spelledUnit } from './columns.ts';
import { type Sheet, SheetsError, sheetsOf } from './sheets.ts';
import { WORKBOOK_ROWS } from './template.ts';

export const IMPORT_BYTES = 4 * 2 ** 20;
/** What a workbook may unpack to. */
const UNPACKED_BYTES = 32 * 2 ** 20;
/** Rows in which the heads of the columns are looked for. */
const HEAD_ROWS = 10;
const COLUMNS_READ = 64;

export type ImportFaultCode = BookFaultCode | 'merged' | 'unreadable' | 'missing';

/** Why a row is refused. */
export interface ImportFault {
  /** `D7`. */
  cell: string;
  row: number;
  /** Key of the column. */
  column: ColumnKey;
  code: ImportFaultCode;
  message: string;
}

/** What a workbook would enter. */
export interface ReadBook {
  sheet: string;
  /** Rows that say something. */
  rows: number;
  changes: BookChange[];
  /** Rows that say what is entered already. */
  unchanged: number;
  /** In the order of the sheet; nothing is to be entered where there is any. */
  faults: ImportFault[];
}

/** A file that is no workbook of the book at all. */
export class WorkbookError extends Error {
  override readonly name = 'WorkbookError';
}

export interface ImportAround {
  estate: Estate;
  policy: Policy;
  /** The node whose book it is: rows of other trees are refused. */
  node: string;
  /** YYYY-MM-DD */
  today: string;
}

/**
 * Reads a filled-in workbook: every mistake of every row with its cell, and enters nothing.
 * @throws WorkbookError where the file is no workbook, or has no sheet with the columns of the book; SheetsBusyError
 */
export async function readWorkbook(content: Uint8Array, around: ImportAround): Promise<ReadBook> {
  for (const sheet of await opened(content)) {
    const head = headOf(sheet);
    if (head) return readSheet(sheet, head, around);
  }
  const heads = COLUMNS.filter((c) => NEEDED.includes(c.key)).map((c) => c.zh);
  throw new WorkbookError(`no sheet has the columns ${heads.join(', ')}; download the template`);
}

async function opened(content: Uint8Array): Promise<Sheet[]> {
  if (content.length > IMPORT_BYTES) {
    throw new WorkbookError(`the file has more than ${IMPORT_BYTES / 2 ** 20} MiB`);
  }
  const bounds = { rows: WORKBOOK_ROWS + HEAD_ROWS, columns: COLUMNS_READ, bytes: UNPACKED_BYTES };
  try {
    return await sheetsOf({ content, ...bounds });
  } catch (error) {
    throw error instanceof SheetsError ? new WorkbookError(error.message) : error;
  }
}

interface Head {
  /** From 1, as people count. */
  row: number;
  /** Place of a column by its key, from 0. */
  at: Map<ColumnKey, number>;
}

function headOf(sheet: Sheet): Head | null {
  for (const [row, values] of sheet.values.slice(0, HEAD_ROWS).entries()) {
    const at = new Map<ColumnKey, number>();
    for (const [column, value] of values.entries()) {
      const text = textOf(value)?.normalize('NFKC');
      const found = COLUMNS.find((k) => k.zh.normalize('NFKC') === text || k.en === text);
      if (found && !at.has(found.key)) at.set(found.key, column);
    }
    if (NEEDED.every((key) => at.has(key))) return { row: row + 1, at };
  }
  return null;
}

function readSheet(sheet: Sheet, head: Head, around: ImportAround): ReadBook {
  if (sheet.rowCount > head.row + WORKBOOK_ROWS) {
    throw new WorkbookError(`the sheet ${sheet.name} has more than ${WORKBOOK_ROWS} rows`);
  }
  const faults: ImportFault[] = [];
  const found: { change: BookChange; row: RowReader }[] = [];
  const firsts = new Map<string, number>();
  let rows = 0;
  for (let n = head.row + 1; n <= sheet.rowCount; n++) {
    const row = new RowReader(sheet, head, n);
    if (row.isBlank()) continue;
    rows++;
    const change = changeOf(row, around);
    faults.push(...row.faults);
    if (!change) continue;
    const first = firsts.get(keyText(change.key));
    if (first === undefined) {
      firsts.set(keyText(change.key), n);
      found.push({ change, row });
    } else {
      row.say('month', 'duplicate', `${change.key.month} stands in row ${first} already`);
      faults.push(...row.faults.slice(-1));
    }
  }
  const changes = found.map((f) => f.change);
  const { estate, policy, today } = around;
  const checked = faultsOf(changes, {
    estate,
    account: (id) => policy.get('billing_account', id),
    vehicle: (id) => policy.get('vehicle', id),
    today,
  });
  for (const { index, field, code, message } of checked) {
    const row = found[index]?.row;
    if (!row) continue;
    row.say(columnOf(field), code, message);
    faults.push(...row.faults.slice(-1));
  }
  faults.sort((a, b) => a.row - b.row);
  const news = changes.filter(({ key, fields }) => {
    const before = estate.book.at(key);
    return (
      !before ||
      !fields ||
      Object.entries(fields).some(([k, v]) => !isDeepStrictEqual(before[k as keyof BookFields], v))
    );
  });
  return { sheet: sheet.name, rows, changes: news, unchanged: changes.length - news.length, faults };
}

function columnOf(field: string): ColumnKey {
  if (field === 'vehicle') return 'account';
  return COLUMNS.find((c) => c.key === field)?.key ?? 'month';
}

/** One row of the sheet, with what is wrong in it. */
class RowReader {
  readonly faults: ImportFault[] = [];
  readonly #sheet: Sheet;
  readonly #head: Head;
  readonly #row: number;

  constructor(sheet: Sheet, head: Head, row: number) {
    this.#sheet = sheet;
    this.#head = head;
    this.#row = row;
  }

  /** A line of the template that nobody filled in says nothing. */
  isBlank(): boolean {
    const filled = (key: ColumnKey): boolean => this.#plain(key) !== null;
    const said = [
      'quantity',
      'cost',
      'period_from',
      'period_to',
      'collected_by',
      'collected_on',
      'note',
    ] as const;
    return !said.some(filled);
  }

  plain(key: ColumnKey): Plain {
    const column = this.#head.at.get(key);
    if (column === undefined) return null;
    if (this.#sheet.merged.has((this.#row - 1) * COLUMNS_READ + column)) {
      this.say(key, 'merged', 'is part of merged cells; write the value into each of them');
      return null;
    }
    const value = this.#plain(key);
    if (value === undefined) this.say(key, 'unreadable', 'holds nothing that can be read');
    return value ?? null;
  }

  #plain(key: ColumnKey): Plain {
    const column = this.#head.at.get(key);
    const values = this.#sheet.values[this.#row - 1];
    // A cell that is read and holds nothing that can be read is undefined.
    return column === undefined || !values || column >= values.length ? null : values[column];
  }

  say(column: ColumnKey, code: ImportFaultCode, message: string): void {
    const at = this.#head.at.get(column) ?? this.#head.at.get('month') ?? 0;
    this.faults.push({ cell: `${lettersOf(at)}${this.#row}`, row: this.#row, column, code, message });
  }

  text(key: ColumnKey): string | null {
    return textOf(this.plain(key));
  }

  needed(key: ColumnKey): string | null {
    const before = this.faults.length;
    const value = this.text(key);
    if (value === null && this.faults.length === before) this.say(key, 'missing', 'is empty');
    return value;
  }

  number(key: ColumnKey): number | null {
    const value = this.plain(key);
    const number = numberOf(value);
    if (number === undefined) this.say(key, 'not_a_number', `${JSON.stringify(value)} is not a number`);
    return number ?? null;
  }

  date(key: ColumnKey): string | null {
    const value = this.plain(key);
    const date = dateOf(value);
    if (date === undefined) this.say(key, 'bad_date', `${shown(value)} is not a date like 2026-01-31`);
    return date ?? null;
  }
}

/** A, B … Z, AA, AB … @param column from 0 */
function lettersOf(column: number): string {
  const before = Math.floor(column / 26);
  return (before > 0 ? lettersOf(before - 1) : '') + String.fromCharCode(65 + (column % 26));
}

function changeOf(row: RowReader, around: ImportAround): BookChange | null {
  const node = nodeOf(row, around);
  const month = monthIn(row);
  const named = row.needed('carrier');
  const carrier = named === null ? null : carrierNamed(named.normalize('NFKC'));
  if (named !== null && !carrier)
    row.say('carrier', 'unknown_carrier', `no carrier ${JSON.stringify(named)}`);
  const holder = node && carrier ? holderOf(row, around, node, carrier) : null;
  const unit = row.needed('unit');
  const from = row.date('period_from');
  const to = row.date('period_to');
  if ((from === null) !== (to === null) && row.faults.length === 0) {
    row.say(from === null ? 'period_from' : 'period_to', 'missing', 'a period has a first and a last day');
  }
  const fields: BookFields = {
    quantity: row.number('quantity'),
    unit: unit === null ? (carrier ? bookUnit(carrier) : '') : spelledUnit(unit),
    cost: row.number('cost'),
    period: from !== null && to !== null ? { from, to } : null,
    meterNumber: row.text('meter_number'),
    collectedBy: row.text('collected_by'),
    collectedOn: row.date('collected_on'),
    note: row.text('note'),
  };
  if (row.faults.length > 0 || !node || !carrier || month === null || !holder) return null;
  return { key: { node, carrier, month, ...holder }, fields };
}

function monthIn(row: RowReader): string | null {
  const value = row.plain('month');
  const month = monthOf(value);
  if (month === undefined) row.say('month', 'bad_month', `${shown(value)} is not a month like 2026-12`);
  else if (month === null && row.faults.length === 0) row.say('month', 'missing', 'is empty');
  return month ?? null;
}

function nodeOf(row: RowReader, { estate, node }: ImportAround): string | null {
  const wanted = row.needed('node');
  if (wanted === null) return null;
  const found = estate.subtree(node).find((n) => n.id === wanted);
  if (!found) row.say('node', 'unknown_node', `no node ${JSON.stringify(wanted)} at or below ${node}`);
  return found?.id ?? null;
}

/** The billing account or vehicle that a row names: by number or plate, or by its id. */
function holderOf(
  row: RowReader,
  { estate, policy }: ImportAround,
  node: string,
  carrier: string,
): { account: string | null; vehicle: string | null } | null {
  const before = row.faults.length;
  const wanted = row.text('account');
  const accounts = policy.list('billing_account').filter((a) => a.node === node && a.carrier === carrier);
  if (wanted === null) {
    if (row.faults.length > before) return null;
    const plain = estate.book.of(node).some((e) => e.carrier === carrier && !e.account && !e.vehicle);
    if (accounts.length === 0 || plain) return { account: null, vehicle: null };
    row.say('account', 'no_account', `name the account: ${numbers(accounts)}`);
    return null;
  }
  const vehicles = policy.list('vehicle').filter((v) => v.node === node && v.fuel === carrier);
  const account = accounts.find((a) => same(a.number, wanted) || a.id === wanted);
  if (account) return { account: account.id, vehicle: null };
  const vehicle = vehicles.find((v) => same(v.plate, wanted) || v.id === wanted);
  if (vehicle) return { account: null, vehicle: vehicle.id };
  const known = [...accounts.map((a) => a.number), ...vehicles.map((v) => v.plate)];
  const hint = known.length > 0 ? `; there are ${known.slice(0, 5).join(', ')}` : '';
  row.say('account', 'unknown_account', `no account or vehicle ${JSON.stringify(wanted)} at ${node}${hint}`);
  return null;
}

function numbers(accounts: readonly BillingAccount[]): string {
  return accounts
    .slice(0, 5)
    .map((a) => a.number)
    .join(', ');
}

function same(a: string, b: string): boolean {
  const plain = (text: string): string =>
    text
      .normalize('NFKC')
      .replaceAll(/[\s·•・-]/g, '')
      .toUpperCase();
  return plain(a) === plain(b);
}

function shown(value: Plain): string {
  return value instanceof Date ? value.toISOString() : JSON.stringify(value ?? '');
}
