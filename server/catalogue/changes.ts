import type { Cause } from '../domain/revision.ts';
import type { Database } from './database.ts';

export const CHANGE_KINDS = [
  'setting',
  'node',
  'meter',
  'virtual',
  'gateway',
  'profile',
  'ceiling',
  'statement',
  'policy',
  'book',
] as const;
/**
 * ceiling: a meter's learned one; statement: a reading by eye or an estimate of a meter; policy: a scheme, a
 * target …, its id `kind/id`.
 */
export type ChangeKind = (typeof CHANGE_KINDS)[number];

/** One line of the change log: what something was and what it became, by whom and from where. */
export interface Change {
  /** `Catalogue.version` that the change led to. */
  revision: number;
  /** epoch ms */
  createdAt: number;
  author: string;
  /** Where it came from, e.g. `estate file`. */
  source: string;
  kind: ChangeKind;
  /** Of what was changed; of a ceiling or a statement, the meter's. */
  id: string;
  /** null: it was created. */
  before: unknown;
  after: unknown;
  /** Whether consumption has to be computed again: of the meter, or of all meters for a setting. */
  recompute: boolean;
}

/** Writes a line into the change log, under the version that is being made. */
export type LogChange = (change: Pick<Change, 'kind' | 'id' | 'before' | 'after' | 'recompute'>) => void;

/** Why a meter has to be computed again, and the newest version that asks for it. */
export interface ChangedMeter {
  id: string;
  cause: Exclude<Cause, 'late' | 'judgement'>;
  version: number;
}

const COLUMNS = 'revision, created_at, author, source, kind, id, before, after, recompute';

export function writeChange(db: Database, c: Change): void {
  db.prepare(`INSERT INTO change (${COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`).run(
    c.revision,
    c.createdAt,
    c.author,
    c.source,
    c.kind,
    c.id,
    c.before === null ? null : JSON.stringify(c.before),
    JSON.stringify(c.after),
    c.recompute ? 1 : 0,
  );
}

/** The newest changes first, at most `limit` of them; of one thing when it is named. */
export function readChanges(db: Database, limit: number, of?: { kind: ChangeKind; id: string }): Change[] {
  const rows = of
    ? db
        .prepare(`SELECT ${COLUMNS} FROM change WHERE kind = ? AND id = ? ORDER BY no DESC LIMIT ?`)
        .all(of.kind, of.id, limit)
    : db.prepare(`SELECT ${COLUMNS} FROM change ORDER BY no DESC LIMIT ?`).all(limit);
  return rows.map(changeOf);
}

/** How often something was changed, and when and by whom last. */
export interface ChangeCount {
  count: number;
  /** epoch ms */
  lastAt: number;
  lastAuthor: string;
}

/** What was changed of a kind, by id, where the id begins with a prefix. */
export function countChanges(db: Database, kind: ChangeKind, prefix: string): Map<string, ChangeCount> {
  const rows = db
    .prepare(
      `SELECT c.id, n.count, c.created_at, c.author FROM change c JOIN (
         SELECT id, count(*) AS count, max(no) AS no FROM change
         WHERE kind = ? AND substr(id, 1, ?) = ? GROUP BY id
       ) n ON n.no = c.no`,
    )
    .all(kind, prefix.length, prefix);
  return new Map(
    rows.map((row) => [
      row.id as string,
      { count: row.count as number, lastAt: row.created_at as number, lastAuthor: row.author as string },
    ]),
  );
}

/** The last change of a version that changed the meter itself; else one of a setting that changed them all. */
export function readChangeOf(db: Database, version: number, meter: string): Change | null {
  const row = db
    .prepare(
      `SELECT ${COLUMNS} FROM change
       WHERE revision = ? AND (id = ? AND kind IN ('meter', 'ceiling', 'statement') OR kind = 'setting')
       ORDER BY kind = 'setting', no DESC LIMIT 1`,
    )
    .get(version, meter);
  return row ? changeOf(row) : null;
}

/** The meters to compute again because of changes after a version, by number, each once for each cause. */
export function readChangedSince(db: Database, version: number): ChangedMeter[] {
  const rows = db
    .prepare(
      `WITH asked (no, id, cause, version) AS (
         SELECT m.no, m.id, CASE c.kind WHEN 'meter' THEN 'description' ELSE c.kind END, c.revision
         FROM change c JOIN meter m ON m.id = c.id
         WHERE c.recompute = 1 AND c.revision > ? AND c.kind IN ('meter', 'ceiling', 'statement')
         UNION ALL
         SELECT m.no, m.id, 'description', c.revision FROM change c CROSS JOIN meter m
         WHERE c.recompute = 1 AND c.revision > ? AND c.kind = 'setting'
       )
       SELECT id, cause, max(version) AS version FROM asked GROUP BY no, id, cause ORDER BY no, cause`,
    )
    .all(version, version);
  return rows.map((row) => ({
    id: row.id as string,
    cause: row.cause as ChangedMeter['cause'],
    version: row.version as number,
  }));
}

function changeOf(row: Record<string, unknown>): Change {
  return {
    revision: row.revision as number,
    createdAt: row.created_at as number,
    author: row.author as string,
    source: row.source as string,
    kind: row.kind as ChangeKind,
    id: row.id as string,
    before: row.before === null ? null : (JSON.parse(row.before as string) as unknown),
    after: JSON.parse(row.after as string) as unknown,
    recompute: row.recompute === 1,
  };
}

/** Whether all that was changed since a version is of these kinds. */
export function changedOnly(db: Database, kinds: readonly ChangeKind[], since: number): boolean {
  const rows = db.prepare('SELECT DISTINCT kind FROM change WHERE revision > ?').all(since);
  return rows.every((row) => kinds.includes(row.kind as ChangeKind));
}
