import { isDeepStrictEqual } from 'node:util';
import {
  Book,
  type BookCarrier,
  type BookChange,
  type BookEntry,
  type BookFields,
  type BookKey,
  type BookRecord,
} from '../domain/book.ts';
import { BookError, faultsOf } from '../domain/book-check.ts';
import { dayOf } from '../domain/month.ts';
import type { LogChange } from './changes.ts';
import type { Database } from './database.ts';
import type { State } from './state.ts';

/** Who writes, and when. */
export interface BookStamp {
  author: string;
  source: string;
  /** epoch ms */
  at: number;
}

const COLUMNS =
  'no, node, carrier, account, vehicle, month, deleted, quantity, unit, cost, period_from, period_to, ' +
  'meter_number, collected_by, collected_on, note, author, recorded_at, source';
const KEY = 'node = ? AND month = ? AND carrier = ? AND account = ? AND vehicle = ?';

/** @param known what was read before, of which what did not change is kept */
export function readBook(db: Database, known = new Book()): Book {
  const { mark } = known;
  const later: { key: BookKey; entry: BookEntry | null }[] = [];
  const byNo = new Map<number, number>();
  let { record, explanation } = mark;
  for (const row of db
    .prepare(`SELECT ${COLUMNS} FROM book_record WHERE no > ? ORDER BY no`)
    .iterate(record)) {
    const { key, fields, ...by } = recordOf(row);
    byNo.set(
      by.no,
      later.push({ key, entry: fields && { ...key, ...fields, ...by, explanation: null } }) - 1,
    );
    record = by.no;
  }
  const explanations = db.prepare(
    `SELECT e.no AS said, e.text, e.author AS said_by, e.recorded_at AS said_at, r.no, r.node, r.carrier,
       r.account, r.vehicle, r.month
     FROM book_explanation e JOIN book_record r ON r.no = e.record WHERE e.no > ? ORDER BY e.no`,
  );
  for (const row of explanations.iterate(explanation)) {
    explanation = row.said as number;
    const key = keyOf(row);
    const index = byNo.get(row.no as number);
    const entry = index === undefined ? known.at(key) : later[index]?.entry;
    // Of a record that is no longer in force nobody needs to know why it differed.
    if (!entry || entry.no !== row.no) continue;
    const said = { text: row.text as string, author: row.said_by as string, at: row.said_at as number };
    const explained = { key, entry: { ...entry, explanation: said.text === '' ? null : said } };
    if (index === undefined) byNo.set(entry.no, later.push(explained) - 1);
    else later[index] = explained;
  }
  if (record === mark.record && explanation === mark.explanation) return known;
  return known.with(later, { record, explanation });
}

/**
 * Makes the changes, all or nothing; what is entered already is left alone.
 * @returns how many records were made
 * @throws BookError with every fault
 */
export function writeBook(
  db: Database,
  { estate, policy }: State,
  changes: readonly BookChange[],
  stamp: BookStamp,
  log: LogChange,
): number {
  const faults = faultsOf(changes, {
    estate,
    account: (id) => policy.policy.get('billing_account', id),
    vehicle: (id) => policy.policy.get('vehicle', id),
    today: dayOf(estate.zone, stamp.at),
  });
  if (faults.length > 0) throw new BookError(faults);
  const insert = db.prepare(
    `INSERT INTO book_record (${COLUMNS.slice('no, '.length)})
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const written = new Map<string, number>();
  for (const { key, fields } of changes) {
    const before = estate.book.at(key);
    if (before && fields && isDeepStrictEqual(fieldsOf(before), fields)) continue;
    const f = fields ?? (before as BookFields);
    insert.run(
      key.node,
      key.carrier,
      key.account ?? '',
      key.vehicle ?? '',
      key.month,
      fields ? 0 : 1,
      f.quantity,
      f.unit,
      f.cost,
      f.period?.from ?? null,
      f.period?.to ?? null,
      f.meterNumber,
      f.collectedBy,
      f.collectedOn,
      f.note,
      stamp.author,
      stamp.at,
      stamp.source,
    );
    written.set(key.node, (written.get(key.node) ?? 0) + 1);
  }
  for (const [id, entries] of written) {
    log({ kind: 'book', id, before: null, after: { entries }, recompute: false });
  }
  return [...written.values()].reduce((sum, n) => sum + n, 0);
}

/** What was ever entered of a key, newest first, at most `limit`. */
export function readBookHistory(db: Database, key: BookKey, limit: number): BookRecord[] {
  const rows = db.prepare(`SELECT ${COLUMNS} FROM book_record WHERE ${KEY} ORDER BY no DESC LIMIT ?`);
  return rows.all(...keyValues(key), limit).map(recordOf);
}

/**
 * Says why a bill differs from the meters; an empty text takes back what was said.
 * @throws RangeError where nothing is entered of the key
 */
export function writeExplanation(
  db: Database,
  { estate }: State,
  key: BookKey,
  text: string,
  stamp: BookStamp,
  log: LogChange,
): void {
  const entry = estate.book.at(key);
  if (!entry) throw new RangeError(`nothing is entered of ${key.carrier} in ${key.month} at ${key.node}`);
  if ((entry.explanation?.text ?? '') === text) return;
  db.prepare('INSERT INTO book_explanation (record, text, author, recorded_at) VALUES (?, ?, ?, ?)').run(
    entry.no,
    text,
    stamp.author,
    stamp.at,
  );
  const after = { carrier: key.carrier, account: key.account, month: key.month, explanation: text };
  log({ kind: 'book', id: key.node, before: entry.explanation, after, recompute: false });
}

export function fieldsOf(entry: BookFields): BookFields {
  const { quantity, unit, cost, period, meterNumber, collectedBy, collectedOn, note } = entry;
  return { quantity, unit, cost, period, meterNumber, collectedBy, collectedOn, note };
}

export function keyValues(key: BookKey): [string, string, string, string, string] {
  return [key.node, key.month, key.carrier, key.account ?? '', key.vehicle ?? ''];
}

export function keyOf(row: Record<string, unknown>): BookKey {
  return {
    node: row.node as string,
    carrier: row.carrier as BookCarrier,
    account: (row.account as string) || null,
    vehicle: (row.vehicle as string) || null,
    month: row.month as string,
  };
}

function recordOf(row: Record<string, unknown>): BookRecord {
  const fields: BookFields = {
    quantity: row.quantity as number | null,
    unit: row.unit as string,
    cost: row.cost as number | null,
    period:
      row.period_from === null ? null : { from: row.period_from as string, to: row.period_to as string },
    meterNumber: row.meter_number as string | null,
    collectedBy: row.collected_by as string | null,
    collectedOn: row.collected_on as string | null,
    note: row.note as string | null,
  };
  return {
    no: row.no as number,
    key: keyOf(row),
    fields: row.deleted === 1 ? null : fields,
    author: row.author as string,
    recordedAt: row.recorded_at as number,
    source: row.source as string,
  };
}
