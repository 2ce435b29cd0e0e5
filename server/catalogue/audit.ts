import { createHash } from 'node:crypto';
import {
  type Actor,
  type AuditInput,
  type AuditRow,
  canonical,
  NO_HASH,
  withoutSecrets,
} from '../domain/audit.ts';
import type { Change } from './changes.ts';
import type { Database, Row, Value } from './database.ts';

/** Longest text of one value of a row; what is longer is cut and keeps its hash. */
export const LIMIT_DETAIL = 4000;
const LIMIT_WORD = 200;
const SHOWN_OF_CUT = 1000;

/** Rows that were moved out of the table into a file. */
export interface ArchiveRecord {
  firstNo: number;
  lastNo: number;
  /** Of the last row: what the first row that stayed follows. */
  lastHash: string;
  /** Name of the file, in the data directory of the process that made it. */
  file: string;
  /** Of the file's bytes. */
  sha256: string;
  /** epoch ms */
  at: number;
}

/** What is looked for; what is left out is not asked. */
export interface AuditFilter {
  /** epoch ms, from here on */
  from?: number | undefined;
  /** and before here */
  to?: number | undefined;
  /** Id or name of a person or a device. */
  who?: string | undefined;
  action?: string | undefined;
  target?: string | undefined;
  outcome?: string | undefined;
}

/** A row still without its place. */
export interface AuditDraft extends AuditInput {
  /** epoch ms */
  at: number;
  /** Of the last of several alike. */
  until?: number;
}

/** What a store did, by whomever is at work. */
export type AuditNote = Pick<AuditDraft, 'action' | 'target' | 'before' | 'after'>;

/** The target of an entry about an archive. */
export const archiveTarget = (of: Pick<ArchiveRecord, 'firstNo' | 'lastNo'>): string =>
  `audit/${of.firstNo}-${of.lastNo}`;
export const ARCHIVE_ACTION = 'audit.archive';

const COLUMNS = [
  ...['no', 'at', 'until', 'count', 'kind', 'who', 'name', 'address', 'request'],
  ...['action', 'target', 'before', 'after', 'outcome', 'status', 'previous', 'hash'],
] as const satisfies readonly (keyof AuditRow)[];
const SELECT = `SELECT ${COLUMNS.join(', ')} FROM audit`;
const INSERT = `INSERT INTO audit (${COLUMNS.join(', ')}) VALUES (${COLUMNS.map(() => '?').join(', ')})`;

/**
 * The audit trail in the catalogue's store: rows that each hold the hash of the one before. They are numbered and
 * chained while the write lock is held, so that several processes make one chain.
 */
export class AuditStore {
  readonly #db: Database;
  readonly #actor: () => Actor | null;

  /** @param actor who is at work; null: the program by itself */
  constructor(db: Database, actor: () => Actor | null = () => null) {
    this.#db = db;
    this.#actor = actor;
  }

  /** Writes rows in a transaction of their own. @throws what the store throws; nothing is written then */
  write(drafts: readonly AuditDraft[]): void {
    if (drafts.length > 0) this.#db.write(() => this.add(drafts));
  }

  /** Writes rows within the transaction that runs, so that both are there or neither. */
  add(drafts: readonly AuditDraft[]): void {
    if (drafts.length === 0) return;
    let { no, hash } = this.head() ?? { no: 0, hash: NO_HASH };
    const insert = this.#db.prepare(INSERT);
    for (const draft of drafts) {
      const row = rowOf(draft, no + 1, hash);
      ({ no, hash } = row);
      insert.run(...COLUMNS.map((column): Value => row[column]));
    }
  }

  /** Writes a row for each change of the catalogue, within the transaction that makes them. */
  addChanges(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    const actor = this.#actor();
    this.add(
      changes.map((change) => ({
        // Without a request the program is at work itself; the name is whom it works for.
        actor: actor?.name ? actor : { ...(actor ?? NO_REQUEST), name: change.author },
        at: change.createdAt,
        action: actionOf(change),
        target: `${change.kind}/${change.id}`,
        before: change.before,
        after: change.after === null ? null : { source: change.source, value: change.after },
        outcome: 'done',
      })),
    );
  }

  /** Writes what a store did within the transaction that does it. @param at epoch ms */
  addNotes(notes: readonly AuditNote[], at: number, author = ''): void {
    this.add(notes.map((note) => ({ ...note, actor: this.actor(author), at, outcome: 'done' })));
  }

  /** Who is at work, for a store that writes its own rows. */
  actor(name: string): Actor {
    const actor = this.#actor() ?? NO_REQUEST;
    return actor.name ? actor : { ...actor, name };
  }

  /** The newest row; null: there is none. */
  head(): { no: number; hash: string; at: number } | null {
    const row = this.#db.prepare('SELECT no, hash, at FROM audit ORDER BY no DESC LIMIT 1').get();
    return row ? { no: row.no as number, hash: row.hash as string, at: row.at as number } : null;
  }

  at(no: number): AuditRow | null {
    const row = this.#db.prepare(`${SELECT} WHERE no = ?`).get(no);
    return row ? rowFrom(row) : null;
  }

  /** Rows after a number, oldest first. */
  after(no: number, limit: number): AuditRow[] {
    return this.#db.prepare(`${SELECT} WHERE no > ? ORDER BY no LIMIT ?`).all(no, limit).map(rowFrom);
  }

  /** Rows before a number, newest first. */
  before(no: number, limit: number, filter: AuditFilter): AuditRow[] {
    const { where, values } = whereOf(filter);
    const sql = `${SELECT} WHERE no < ?${where} ORDER BY no DESC LIMIT ?`;
    return this.#db
      .prepare(sql)
      .all(no, ...values, limit)
      .map(rowFrom);
  }

  /** What was moved into files, oldest first. */
  archives(): ArchiveRecord[] {
    const rows = this.#db
      .prepare('SELECT first_no, last_no, last_hash, file, sha256, at FROM audit_archive ORDER BY last_no')
      .all();
    return rows.map((row) => ({
      firstNo: row.first_no as number,
      lastNo: row.last_no as number,
      lastHash: row.last_hash as string,
      file: row.file as string,
      sha256: row.sha256 as string,
      at: row.at as number,
    }));
  }

  /**
   * Takes rows out of the table that lie in a file by now, and writes both down.
   * @returns false where another process was first; nothing was changed then
   */
  archive(record: ArchiveRecord): boolean {
    return this.#db.write(() => {
      const first = this.#db.prepare('SELECT min(no) AS no FROM audit').get()?.no;
      if (first !== record.firstNo || this.at(record.lastNo)?.hash !== record.lastHash) return false;
      const { firstNo, lastNo, lastHash, file, sha256, at } = record;
      this.#db
        .prepare(
          'INSERT INTO audit_archive (first_no, last_no, last_hash, file, sha256, at) VALUES (?, ?, ?, ?, ?, ?)',
        )
        .run(firstNo, lastNo, lastHash, file, sha256, at);
      const after = { file, sha256, rows: lastNo - firstNo + 1 };
      this.add([
        {
          actor: this.actor('jieneng'),
          at,
          action: ARCHIVE_ACTION,
          target: archiveTarget(record),
          after,
          outcome: 'done',
        },
      ]);
      this.#db.prepare('DELETE FROM audit WHERE no <= ?').run(lastNo);
      return true;
    });
  }
}

const NO_REQUEST: Actor = { kind: 'system', id: '', name: '', address: '', request: '' };

export function hashOf(row: Omit<AuditRow, 'hash'>): string {
  return createHash('sha256').update(canonical(row)).digest('hex');
}

function actionOf({ kind, before, after, source }: Change): string {
  // A statement of a meter is taken back by a change of it.
  if (kind === 'statement')
    return before === null ? `statement.${source.replaceAll(' ', '_')}` : 'statement.withdraw';
  if (before === null) return `${kind}.create`;
  return after === null ? `${kind}.delete` : `${kind}.change`;
}

function rowOf(draft: AuditDraft, no: number, previous: string): AuditRow {
  const { actor } = draft;
  const row = {
    no,
    at: draft.at,
    until: draft.until ?? draft.at,
    count: draft.count ?? 1,
    kind: actor.kind,
    who: word(actor.id),
    name: word(actor.name),
    address: word(actor.address),
    request: word(actor.request),
    action: word(draft.action),
    target: word(draft.target ?? ''),
    before: detail(draft.before),
    after: detail(draft.after),
    outcome: draft.outcome,
    status: draft.status ?? null,
    previous,
  };
  return { ...row, hash: hashOf(row) };
}

/** As every engine keeps it: well-formed, without U+0000, and of bounded length. */
function word(text: string): string {
  return kept(text.length > LIMIT_WORD ? `${text.slice(0, LIMIT_WORD - 1)}…` : text);
}

function kept(text: string): string {
  return text.replaceAll('\0', '\u{FFFD}').toWellFormed();
}

/** JSON without secrets; a long one is told by its beginning and its SHA-256. */
function detail(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = JSON.stringify(withoutSecrets(value));
  if (text.length <= LIMIT_DETAIL) return kept(text);
  const sha256 = createHash('sha256').update(text).digest('hex');
  return kept(JSON.stringify({ cut: text.slice(0, SHOWN_OF_CUT), characters: text.length, sha256 }));
}

function whereOf(filter: AuditFilter): { where: string; values: Value[] } {
  const parts: [string, Value[]][] = [];
  if (filter.from !== undefined) parts.push(['until >= ?', [filter.from]]);
  if (filter.to !== undefined) parts.push(['at < ?', [filter.to]]);
  if (filter.who !== undefined) parts.push(['(who = ? OR name = ?)', [filter.who, filter.who]]);
  if (filter.action !== undefined) parts.push(['action = ?', [filter.action]]);
  if (filter.target !== undefined) parts.push(['target = ?', [filter.target]]);
  if (filter.outcome !== undefined) parts.push(['outcome = ?', [filter.outcome]]);
  return {
    where: parts.map(([sql]) => ` AND ${sql}`).join(''),
    values: parts.flatMap(([, values]) => values),
  };
}

function rowFrom(row: Row): AuditRow {
  return row as unknown as AuditRow;
}
