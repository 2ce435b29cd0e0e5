import type { DatabaseSync } from 'node:sqlite';

export const CHANGE_KINDS = ['setting', 'node', 'meter', 'gateway', 'profile'] as const;
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
  id: string;
  /** null: it was created. */
  before: unknown;
  after: unknown;
  /** Whether consumption has to be computed again: of the meter, or of all meters for a setting. */
  recompute: boolean;
}

export function writeChange(db: DatabaseSync, c: Change): void {
  db.prepare(
    `INSERT INTO change (revision, created_at, author, source, kind, id, before, after, recompute)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
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
export function readChanges(
  db: DatabaseSync,
  limit: number,
  of?: { kind: ChangeKind; id: string },
): Change[] {
  const columns = 'revision, created_at, author, source, kind, id, before, after, recompute';
  const rows = of
    ? db
        .prepare(`SELECT ${columns} FROM change WHERE kind = ? AND id = ? ORDER BY no DESC LIMIT ?`)
        .all(of.kind, of.id, limit)
    : db.prepare(`SELECT ${columns} FROM change ORDER BY no DESC LIMIT ?`).all(limit);
  return rows.map((row) => ({
    revision: row.revision as number,
    createdAt: row.created_at as number,
    author: row.author as string,
    source: row.source as string,
    kind: row.kind as ChangeKind,
    id: row.id as string,
    before: row.before === null ? null : (JSON.parse(row.before as string) as unknown),
    after: JSON.parse(row.after as string) as unknown,
    recompute: row.recompute === 1,
  }));
}

/** Ids of the meters whose consumption must be computed again because of changes after a revision. */
export function readMetersToRecompute(db: DatabaseSync, afterRevision: number): string[] {
  const all = db
    .prepare("SELECT 1 FROM change WHERE recompute = 1 AND revision > ? AND kind = 'setting' LIMIT 1")
    .get(afterRevision);
  const rows = all
    ? db.prepare('SELECT id FROM meter ORDER BY no').all()
    : db
        .prepare(
          `SELECT id FROM meter WHERE id IN
             (SELECT id FROM change WHERE recompute = 1 AND revision > ? AND kind = 'meter') ORDER BY no`,
        )
        .all(afterRevision);
  return rows.map((row) => row.id as string);
}
