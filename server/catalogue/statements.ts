import type { Estimate, ManualReading, Meter } from '../domain/meter.ts';
import {
  type EstimateInput,
  type ManualInput,
  StatementError,
  withEstimate,
  withManual,
  withoutStatement,
} from '../domain/statement.ts';
import type { LogChange } from './changes.ts';
import type { Database } from './database.ts';

/** What a person stated about a meter, withdrawn or not. Times are epoch ms. */
export interface StatementRecord {
  no: number;
  kind: 'manual_reading' | 'estimate';
  /** Of a reading, its instant; of an estimate, its start. */
  from: number;
  /** End of an estimate. */
  to: number | null;
  /** Register of a reading; quantity of an estimate, in the meter's unit. */
  value: number | null;
  quantity: number | null;
  reason: string;
  recordedBy: string;
  recordedAt: number;
  withdrawn: { by: string; at: number; reason: string } | null;
}

/** What is in force of a meter, as the meter has it. */
export type Standing = Pick<Meter, 'manual' | 'estimates'>;

const COLUMNS =
  'no, meter, kind, from_ms, to_ms, amount, reason, recorded_by, recorded_at, withdrawn_by, withdrawn_at, ' +
  'withdrawn_reason';

/** What is in force, by the meter's number; readings in order of time, estimates in that of their start. */
export function readStanding(db: Database): Map<number, Standing> {
  const standing = new Map<number, Standing>();
  const rows = db.prepare(`SELECT ${COLUMNS} FROM statement WHERE withdrawn_at IS NULL ORDER BY from_ms, no`);
  for (const row of rows.all()) {
    const meter = row.meter as number;
    const of = standing.get(meter) ?? { manual: [], estimates: [] };
    standing.set(meter, of);
    const s = recordOf(row);
    const stated = { no: s.no, reason: s.reason, recordedBy: s.recordedBy, recordedAt: s.recordedAt };
    if (s.kind === 'manual_reading') of.manual.push({ ...stated, time: s.from, value: s.value as number });
    else of.estimates.push({ ...stated, from: s.from, to: s.to as number, quantity: s.quantity as number });
  }
  return standing;
}

/** Everything that was ever stated about a meter, in the order in which it was. */
export function readStatements(db: Database, meter: number): StatementRecord[] {
  return db.prepare(`SELECT ${COLUMNS} FROM statement WHERE meter = ? ORDER BY no`).all(meter).map(recordOf);
}

/** @returns its number. @throws StatementError where it cannot be */
export function writeManual(
  db: Database,
  meter: Meter,
  input: ManualInput,
  now: number,
  log: LogChange,
): number {
  const no = nextNo(db);
  const after = withManual(meter, input, now, no);
  const stated = after.manual.find((m) => m.no === no) as ManualReading;
  insert(db, meter, 'manual_reading', stated, stated.time, null, stated.value);
  log({ kind: 'statement', id: meter.id, before: null, after: readOne(db, no), recompute: true });
  return no;
}

/** @returns its number. @throws StatementError where it cannot be */
export function writeEstimate(
  db: Database,
  meter: Meter,
  input: EstimateInput,
  now: number,
  log: LogChange,
): number {
  const no = nextNo(db);
  const after = withEstimate(meter, input, now, no);
  const stated = after.estimates.find((e) => e.no === no) as Estimate;
  insert(db, meter, 'estimate', stated, stated.from, stated.to, stated.quantity);
  log({ kind: 'statement', id: meter.id, before: null, after: readOne(db, no), recompute: true });
  return no;
}

/** @throws StatementError where nothing in force of the meter has that number */
export function writeWithdrawal(
  db: Database,
  meter: Meter,
  no: number,
  why: { reason: string; recordedBy: string },
  now: number,
  log: LogChange,
): void {
  withoutStatement(meter, no);
  const [by, reason] = [why.recordedBy.trim(), why.reason.trim()];
  if (by === '') throw new StatementError('recorded_by', 'must not be empty');
  if (reason === '') throw new StatementError('reason', 'must not be empty');
  const before = readOne(db, no);
  db.prepare(
    'UPDATE statement SET withdrawn_by = ?, withdrawn_at = ?, withdrawn_reason = ? WHERE no = ?',
  ).run(by, now, reason, no);
  log({ kind: 'statement', id: meter.id, before, after: readOne(db, no), recompute: true });
}

function insert(
  db: Database,
  meter: Meter,
  kind: StatementRecord['kind'],
  s: Pick<ManualReading, 'no' | 'reason' | 'recordedBy' | 'recordedAt'>,
  from: number,
  to: number | null,
  amount: number,
): void {
  db.prepare(
    `INSERT INTO statement (no, meter, kind, from_ms, to_ms, amount, reason, recorded_by, recorded_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(s.no, meter.no, kind, from, to, amount, s.reason, s.recordedBy, s.recordedAt);
}

/** Statements are never deleted, so a number is never given twice. */
function nextNo(db: Database): number {
  return db.prepare('SELECT coalesce(max(no), 0) + 1 AS no FROM statement').get()?.no as number;
}

function readOne(db: Database, no: number): StatementRecord {
  const row = db.prepare(`SELECT ${COLUMNS} FROM statement WHERE no = ?`).get(no);
  return recordOf(row as Record<string, unknown>);
}

function recordOf(row: Record<string, unknown>): StatementRecord {
  const kind = row.kind as StatementRecord['kind'];
  const amount = row.amount as number;
  return {
    no: row.no as number,
    kind,
    from: row.from_ms as number,
    to: row.to_ms as number | null,
    value: kind === 'manual_reading' ? amount : null,
    quantity: kind === 'estimate' ? amount : null,
    reason: row.reason as string,
    recordedBy: row.recorded_by as string,
    recordedAt: row.recorded_at as number,
    withdrawn:
      row.withdrawn_at === null
        ? null
        : {
            by: row.withdrawn_by as string,
            at: row.withdrawn_at as number,
            reason: row.withdrawn_reason as string,
          },
  };
}
