import type { DatabaseSync } from 'node:sqlite';
import type { Verdict } from '../domain/judgement.ts';
import { CAUSES, type Cause, type Revision } from '../domain/revision.ts';
import type { Amount } from '../domain/rollup.ts';

/** What the ledger found when it computed a month again, beside the rollups themselves. */

/** A month of a meter that has to be computed again from its readings. */
export interface DirtyMonth {
  /** `Meter.no` */
  meter: number;
  /** Start of the month, epoch ms. */
  month: number;
  causes: readonly Cause[];
  /** Nothing after this instant had been shown: what changes there is no revision. */
  open: number;
  /** Version of the catalogue whose change led to it; null: none. */
  catalogue: number | null;
}

/** A step of a register across which nothing is counted: up beyond the ceiling, or a fall. */
export interface Suspect {
  /** `Meter.no` */
  meter: number;
  /** Start of the month of `time`. */
  month: number;
  /** The first reading after the step. */
  time: number;
  value: number;
  /** The last believed one before it. */
  previousTime: number;
  previousValue: number;
  verdict: Extract<Verdict, 'beyond_ceiling' | 'suspected_exchange'>;
}

export type RevisionEntry = Omit<Revision, 'no'>;

/** What takes the place of all that was found in the months before, and what changed in them. */
export interface MonthOutcome {
  suspects: readonly Suspect[];
  revisions: readonly RevisionEntry[];
}

export interface RevisionFilter {
  meters?: readonly number[];
  /** Of hours that overlap [from, to). */
  from?: number;
  to?: number;
  /** Only those with a smaller `no`. */
  before?: number;
  limit: number;
}

/** Layout of what stands above in the journal database. */
export const OUTCOME_TABLES = `
CREATE TABLE suspect (
  meter INTEGER NOT NULL,
  month INTEGER NOT NULL,
  time INTEGER NOT NULL,
  value REAL NOT NULL,
  previous_time INTEGER NOT NULL,
  previous_value REAL NOT NULL,
  verdict TEXT NOT NULL,
  PRIMARY KEY (meter, time)
) STRICT, WITHOUT ROWID;
CREATE INDEX suspect_time ON suspect (time);
CREATE TABLE revision (
  no INTEGER PRIMARY KEY AUTOINCREMENT,
  meter INTEGER NOT NULL,
  month INTEGER NOT NULL,
  at INTEGER NOT NULL,
  causes INTEGER NOT NULL,
  catalogue INTEGER,
  from_ms INTEGER NOT NULL,
  to_ms INTEGER NOT NULL,
  hours INTEGER NOT NULL,
  before TEXT,
  after TEXT
) STRICT;
CREATE INDEX revision_meter ON revision (meter, no);
`;

/** Causes as the bits of a number. */
export function causeBits(causes: readonly Cause[]): number {
  return causes.reduce((bits, c) => bits | (1 << CAUSES.indexOf(c)), 0);
}

export function causesOf(bits: number): Cause[] {
  return CAUSES.filter((_, i) => (bits & (1 << i)) !== 0);
}

/** Newest first. */
export function readSuspects(db: DatabaseSync): Suspect[] {
  const rows = db
    .prepare(
      'SELECT meter, month, time, value, previous_time, previous_value, verdict FROM suspect ORDER BY time DESC, meter',
    )
    .all();
  return rows.map((r) => ({
    meter: r.meter as number,
    month: r.month as number,
    time: r.time as number,
    value: r.value as number,
    previousTime: r.previous_time as number,
    previousValue: r.previous_value as number,
    verdict: r.verdict as Suspect['verdict'],
  }));
}

/** Newest first. */
export function readRevisions(db: DatabaseSync, filter: RevisionFilter): Revision[] {
  const where = ['no < ?', 'to_ms > ?', 'from_ms < ?'];
  const values: (number | string)[] = [
    filter.before ?? Number.MAX_SAFE_INTEGER,
    filter.from ?? Number.MIN_SAFE_INTEGER,
    filter.to ?? Number.MAX_SAFE_INTEGER,
  ];
  if (filter.meters) {
    where.push('meter IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(filter.meters));
  }
  const rows = db
    .prepare(`SELECT * FROM revision WHERE ${where.join(' AND ')} ORDER BY no DESC LIMIT ?`)
    .all(...values, filter.limit);
  const amount = (text: unknown): Amount | null =>
    text === null ? null : (JSON.parse(text as string) as Amount);
  return rows.map((r) => ({
    no: r.no as number,
    meter: r.meter as number,
    month: r.month as number,
    at: r.at as number,
    causes: causesOf(r.causes as number),
    catalogue: r.catalogue as number | null,
    from: r.from_ms as number,
    to: r.to_ms as number,
    hours: r.hours as number,
    before: amount(r.before),
    after: amount(r.after),
  }));
}

/** Writes what was found, inside the transaction that says that the months are computed. */
export function outcomeWriter(
  db: DatabaseSync,
  maxRevisions: number,
): (months: readonly [meter: number, month: number][], outcome: MonthOutcome) => void {
  const forget = db.prepare('DELETE FROM suspect WHERE meter = ? AND month = ?');
  const suspect = db.prepare('INSERT OR REPLACE INTO suspect VALUES (?, ?, ?, ?, ?, ?, ?)');
  const revision = db.prepare(
    `INSERT INTO revision (meter, month, at, causes, catalogue, from_ms, to_ms, hours, before, after)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const prune = db.prepare('DELETE FROM revision WHERE no <= (SELECT max(no) FROM revision) - ?');
  return (months, { suspects, revisions }) => {
    for (const [meter, month] of months) forget.run(meter, month);
    for (const s of suspects) {
      suspect.run(s.meter, s.month, s.time, s.value, s.previousTime, s.previousValue, s.verdict);
    }
    for (const r of revisions) {
      const text = (amount: Amount | null): string | null => amount && JSON.stringify(amount);
      const bits = causeBits(r.causes);
      const { meter, month, at, catalogue, from, to, hours } = r;
      revision.run(meter, month, at, bits, catalogue, from, to, hours, text(r.before), text(r.after));
    }
    if (revisions.length > 0) prune.run(maxRevisions);
  };
}
