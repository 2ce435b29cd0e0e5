import type { DatabaseSync } from 'node:sqlite';
import { OUTCOME_TABLES } from './outcome.ts';

/** Layout of the journal database; an older program refuses a newer one. */
export const JOURNAL_LAYOUT = 4;

/** One entry per layout, in order, so that an upgraded file and a fresh one are the same. */
const LAYOUTS = [
  `
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at INTEGER NOT NULL,
  source INTEGER NOT NULL,
  n INTEGER NOT NULL,
  batch BLOB NOT NULL
) STRICT;
CREATE TABLE quarantine (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  received_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  detail TEXT NOT NULL,
  source TEXT NOT NULL,
  kind TEXT NOT NULL,
  meter TEXT,
  time INTEGER,
  value REAL,
  payload BLOB NOT NULL
) STRICT;
CREATE INDEX quarantine_reason ON quarantine (reason, id);
-- received, stored, duplicate, and one row per quarantine reason: 'quarantined:REASON'
CREATE TABLE account (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;
-- How far the ledger has come, and what it decided about the hand-over that it is writing now.
CREATE TABLE cursor (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL,
  decided_to INTEGER,
  decision BLOB,
  -- Version of the catalogue whose changes have all been computed or marked dirty.
  catalogue INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO cursor (id, seq) VALUES (1, 0);
-- Months of a meter whose rollups must be computed again from its readings.
CREATE TABLE dirty (
  meter INTEGER NOT NULL,
  month INTEGER NOT NULL,
  PRIMARY KEY (meter, month)
) STRICT, WITHOUT ROWID;
`,
  `
-- Why (bits), from when on nothing had been shown, and the catalogue's change that led to it.
ALTER TABLE dirty ADD COLUMN causes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dirty ADD COLUMN open INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dirty ADD COLUMN catalogue INTEGER;
${OUTCOME_TABLES}
`,
  `
-- The writer numbers the rows itself, and the account counts readings when they are handed over and not when they
-- come: a commit of a few readings then writes two pages instead of four.
CREATE TABLE numbered (
  seq INTEGER PRIMARY KEY,
  received_at INTEGER NOT NULL,
  source INTEGER NOT NULL,
  n INTEGER NOT NULL,
  batch BLOB NOT NULL
) STRICT;
INSERT INTO numbered SELECT seq, received_at, source, n, batch FROM journal;
UPDATE account SET n = n - (SELECT coalesce(sum(n), 0) FROM journal) WHERE name IN ('received', 'stored');
DROP TABLE journal;
ALTER TABLE numbered RENAME TO journal;
`,
  `
-- How the batch is written: by columns, as all were, or packed.
ALTER TABLE journal ADD COLUMN form INTEGER NOT NULL DEFAULT 0;
`,
];
/**
 * Small pages, since what a commit writes is whole pages and most commits hold some dozens of readings; of a file
 * that exists the size stays what it was.
 */
const PAGE_BYTES = 1024;
/** Pages in the write-ahead log before they are copied into the file: most of them are freed again by then. */
const CHECKPOINT_PAGES = 8000;

/** Number of the newest row that ever was; those up to the cursor are handed over and gone. */
export const NEWEST =
  'SELECT max(coalesce((SELECT max(seq) FROM journal), 0), (SELECT seq FROM cursor)) AS seq';

/** Creates the tables in an empty file, checks the layout of any other. */
export function prepareJournal(db: DatabaseSync): void {
  db.exec(`PRAGMA page_size = ${PAGE_BYTES}`);
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000;');
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  const found = (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
  if (found > JOURNAL_LAYOUT) {
    throw new Error(
      `the journal has layout ${found}, this program knows ${JOURNAL_LAYOUT}: use a newer jieneng`,
    );
  }
  if (found === JOURNAL_LAYOUT) return;
  const missing = LAYOUTS.slice(found).join('');
  db.exec(`BEGIN IMMEDIATE; ${missing} PRAGMA user_version = ${JOURNAL_LAYOUT}; COMMIT;`);
}
