import { MICRO, PLAUSIBLE_MICRO } from './advance.ts';
import {
  type BillingAccount,
  BOOK_UNITS,
  type Book,
  type BookChange,
  type BookEntry,
  type BookFields,
  type BookKey,
  isBookCarrier,
  keyText,
  type Vehicle,
} from './book.ts';
import { inBookUnit } from './booked.ts';
import type { Estate } from './estate.ts';
import { monthAfter } from './month.ts';

/** Why something cannot be entered; every word of it is shown to people. */
export const BOOK_FAULTS = [
  'unknown_node',
  'unknown_carrier',
  'wrong_unit',
  'no_amount',
  'not_a_number',
  'negative',
  'too_large',
  'bad_month',
  'future_month',
  'unknown_account',
  'unknown_vehicle',
  'two_holders',
  'not_in_use',
  'no_account',
  'bad_date',
  'period_order',
  'period_far',
  'period_overlap',
  'too_long',
  'duplicate',
  'nothing_there',
] as const;
export type BookFaultCode = (typeof BOOK_FAULTS)[number];

export interface BookFault {
  /** Which of the changes, from 0. */
  index: number;
  /** As the API spells it: `quantity`, `period_to` … */
  field: string;
  code: BookFaultCode;
  message: string;
}

/** What cannot be entered, all of it; nothing was written. */
export class BookError extends Error {
  override readonly name = 'BookError';
  readonly faults: readonly BookFault[];

  constructor(faults: readonly BookFault[]) {
    super(faults.map((f) => `entries[${f.index}].${f.field}: ${f.message}`).join('\n'));
    this.faults = faults;
  }
}

export interface BookAround {
  estate: Estate;
  account: (id: string) => BillingAccount | undefined;
  vehicle: (id: string) => Vehicle | undefined;
  /** YYYY-MM-DD */
  today: string;
}

const TEXTS = { meterNumber: 64, collectedBy: 100, note: 500 } as const;
const FIELD_NAMES = { meterNumber: 'meter_number', collectedBy: 'collected_by', note: 'note' } as const;
/** Days that a bill spans, at most: heat is billed by the season or the year. */
const LONGEST_DAYS = 400;

/** What is wrong with changes that are to be made together, in their order. */
export function faultsOf(changes: readonly BookChange[], around: BookAround): BookFault[] {
  const faults: BookFault[] = [];
  const seen = new Set<string>();
  changes.forEach((change, index) => {
    const say = (field: string, code: BookFaultCode, message: string): void => {
      faults.push({ index, field, code, message });
    };
    const text = keyText(change.key);
    if (seen.has(text)) say('month', 'duplicate', `${spell(change.key)} is entered twice`);
    seen.add(text);
    checkKey(change.key, around, say);
    if (change.fields) checkFields(change.key, change.fields, around, say);
    else if (!around.estate.book.at(change.key)) {
      say('month', 'nothing_there', `nothing is entered of ${spell(change.key)}`);
    }
  });
  if (faults.length > 0) return faults;
  const after = around.estate.book.with(
    changes.map(({ key, fields }) => ({ key, entry: fields && asEntry(key, fields) })),
    around.estate.book.mark,
  );
  changes.forEach(({ key, fields }, index) => {
    const other = fields && overlapping(after, key, fields);
    if (!other) return;
    const message = `overlaps the bill of ${other.month}, ${other.period?.from} to ${other.period?.to}`;
    faults.push({ index, field: 'period_from', code: 'period_overlap', message });
  });
  return faults;
}

type Say = (field: string, code: BookFaultCode, message: string) => void;

function checkKey(key: BookKey, { estate, account, vehicle, today }: BookAround, say: Say): void {
  const { node, carrier, month } = key;
  if (!estate.node(node)) say('node', 'unknown_node', `no node ${JSON.stringify(node)}`);
  if (!isBookCarrier(carrier)) say('carrier', 'unknown_carrier', `no carrier ${JSON.stringify(carrier)}`);
  if (!/^(19[7-9]\d|20\d\d)-(0[1-9]|1[0-2])$/.test(month)) {
    say('month', 'bad_month', `${JSON.stringify(month)} is not a month like 2026-12`);
  } else if (month > today.slice(0, 7)) say('month', 'future_month', `${month} has not begun yet`);
  if (key.account !== null && key.vehicle !== null) {
    say('vehicle', 'two_holders', 'an entry is of a billing account or of a vehicle, not of both');
  }
  if (key.account !== null) {
    const found = account(key.account);
    if (!found || found.node !== node || found.carrier !== carrier) {
      const message = `no billing account ${JSON.stringify(key.account)} of ${carrier} at ${node}`;
      say('account', 'unknown_account', message);
    }
  }
  if (key.vehicle === null) return;
  const found = vehicle(key.vehicle);
  if (!found || found.node !== node || found.fuel !== carrier) {
    const message = `no vehicle ${JSON.stringify(key.vehicle)} that runs on ${carrier} at ${node}`;
    say('vehicle', 'unknown_vehicle', message);
  } else if ((found.from !== null && month < found.from) || (found.to !== null && month > found.to)) {
    say('month', 'not_in_use', `the vehicle ${found.plate} is not in use in ${month}`);
  }
}

function checkFields(key: BookKey, fields: BookFields, around: BookAround, say: Say): void {
  const { quantity, cost, unit, period, collectedOn } = fields;
  const units = isBookCarrier(key.carrier) ? BOOK_UNITS[key.carrier] : null;
  if (units && !units.includes(unit)) {
    const message = `${key.carrier} is entered in ${units.join(' or ')}, not in ${JSON.stringify(unit)}`;
    say('unit', 'wrong_unit', message);
  }
  if (quantity === null && cost === null) say('quantity', 'no_amount', 'needs a quantity or a cost');
  // Beyond that the sums of millionths are no longer whole numbers.
  const most = PLAUSIBLE_MICRO / MICRO;
  checkAmount('quantity', quantity, most / (units ? inBookUnit(key.carrier, 1, unit) : 1), say);
  checkAmount('cost', cost, most, say);
  for (const name of Object.keys(TEXTS) as (keyof typeof TEXTS)[]) {
    if ((fields[name]?.length ?? 0) > TEXTS[name]) {
      say(FIELD_NAMES[name], 'too_long', `has more than ${TEXTS[name]} characters`);
    }
  }
  if (collectedOn !== null && !isDate(collectedOn)) badDate('collected_on', collectedOn, say);
  else if (collectedOn !== null && collectedOn > around.today) {
    say('collected_on', 'bad_date', `${collectedOn} is in the future`);
  }
  if (period) checkPeriod(key, period, around, say);
}

function checkAmount(field: string, value: number | null, most: number, say: Say): void {
  if (value === null) return;
  if (!Number.isFinite(value)) say(field, 'not_a_number', 'is not a number');
  else if (value < 0) say(field, 'negative', 'must not be negative');
  else if (value > most) say(field, 'too_large', 'is too large');
}

function checkPeriod(
  key: BookKey,
  { from, to }: { from: string; to: string },
  around: BookAround,
  say: Say,
): void {
  if (!isDate(from)) badDate('period_from', from, say);
  if (!isDate(to)) badDate('period_to', to, say);
  if (!isDate(from) || !isDate(to)) return;
  if (key.account === null) {
    say('account', 'no_account', 'a bill with a period is of a billing account; name it');
  }
  if (from > to) say('period_to', 'period_order', `must not be before ${from}`);
  else if (daysBetween(from, to) > LONGEST_DAYS) {
    say('period_to', 'period_far', `is more than ${LONGEST_DAYS} days after ${from}`);
  } else if (to > around.today) say('period_to', 'bad_date', `${to} is in the future`);
  else if (to.slice(0, 7) < monthAfter(key.month, -1) || from.slice(0, 7) > monthAfter(key.month, 1)) {
    say('period_to', 'period_far', `the period ${from} to ${to} is not near the month ${key.month}`);
  }
}

function badDate(field: string, value: string, say: Say): void {
  say(field, 'bad_date', `${JSON.stringify(value)} is not a date like 2026-01-31`);
}

/** The other bill of the account that covers a day of this one. */
function overlapping(book: Book, key: BookKey, { period }: BookFields): BookEntry | undefined {
  if (!period || key.account === null) return undefined;
  return book
    .of(key.node)
    .find(
      (e) =>
        e.account === key.account &&
        e.carrier === key.carrier &&
        e.month !== key.month &&
        e.period !== null &&
        e.period.from <= period.to &&
        period.from <= e.period.to,
    );
}

function asEntry(key: BookKey, fields: BookFields): BookEntry {
  return { ...key, ...fields, no: 0, author: '', recordedAt: 0, source: '', explanation: null };
}

function spell({ carrier, account, vehicle, month }: BookKey): string {
  return [carrier, account ?? vehicle, month].filter((part) => part !== null).join(' ');
}

function daysBetween(from: string, to: string): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / 86_400_000;
}

export function isDate(value: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(value)) return false;
  const at = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(at.getTime()) && at.toISOString().startsWith(value);
}
