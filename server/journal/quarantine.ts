import type { DatabaseSync } from 'node:sqlite';
import type { Reason } from '../domain/reading.ts';

/** What is read out of quarantine. */

export interface QuarantineRow {
  id: number;
  receivedAt: number;
  reason: Reason;
  detail: string;
  source: string;
  kind: 'packet' | 'reading';
  meter: string | null;
  time: number | null;
  value: number | null;
  payload: Uint8Array;
}

export interface QuarantineFilter {
  reason?: Reason;
  ids?: number[];
  /** Only those that name one of these, as the device did. */
  meters?: readonly string[];
  /** Only those with a smaller id. */
  before?: number;
  /** Only those whose reading has a time up to this instant. */
  dueBy?: number;
  limit: number;
}

/** Items of one meter that say that its clock is wrong. */
export interface ClockReject {
  /** Id as the device sent it. */
  meter: string;
  count: number;
  /** Largest distance of the reading's time from its arrival, ms. */
  offsetMs: number;
  /** The newest arrival. */
  at: number;
}

/** Newest first. */
export function readQuarantine(db: DatabaseSync, filter: QuarantineFilter): QuarantineRow[] {
  const where = ['id < ?'];
  const values: (string | number)[] = [filter.before ?? Number.MAX_SAFE_INTEGER];
  if (filter.reason) {
    where.push('reason = ?');
    values.push(filter.reason);
  }
  if (filter.dueBy !== undefined) {
    where.push('time <= ?');
    values.push(filter.dueBy);
  }
  if (filter.ids) {
    where.push('id IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(filter.ids));
  }
  if (filter.meters) {
    where.push('meter IN (SELECT value FROM json_each(?))');
    values.push(JSON.stringify(filter.meters));
  }
  const rows = db
    .prepare(`SELECT * FROM quarantine WHERE ${where.join(' AND ')} ORDER BY id DESC LIMIT ?`)
    .all(...values, filter.limit) as Record<string, unknown>[];
  return rows.map(
    ({ received_at, ...rest }) => ({ receivedAt: received_at, ...rest }) as unknown as QuarantineRow,
  );
}

/** How many items name one of the meters, by reason, most first. */
export function countQuarantine(
  db: DatabaseSync,
  meters: readonly string[],
): { reason: Reason; count: number }[] {
  const rows = db
    .prepare(
      `SELECT reason, count(*) AS n FROM quarantine
       WHERE meter IN (SELECT value FROM json_each(?)) GROUP BY reason ORDER BY n DESC, reason`,
    )
    .all(JSON.stringify(meters));
  return rows.map((r) => ({ reason: r.reason as Reason, count: r.n as number }));
}

/** Meters with items of one reason that arrived since an instant, newest first. */
export function readClockRejects(
  db: DatabaseSync,
  reason: Reason,
  by: 'meter' | 'meter, time',
  since: number,
  least: number,
): ClockReject[] {
  const rows = db
    .prepare(
      `SELECT meter, count(*) AS n, max(time - received_at) AS ahead, max(received_at) AS at FROM quarantine
       WHERE reason = ? AND received_at >= ? AND meter IS NOT NULL AND time IS NOT NULL
       GROUP BY ${by} HAVING count(*) >= ? ORDER BY at DESC LIMIT 1000`,
    )
    .all(reason, since, least);
  return rows.map((r) => ({
    meter: r.meter as string,
    count: r.n as number,
    offsetMs: r.ahead as number,
    at: r.at as number,
  }));
}
