import {
  ARCHIVE_ACTION,
  type ArchiveRecord,
  type AuditStore,
  archiveTarget,
  hashOf,
} from '../catalogue/audit.ts';
import { type AuditRow, NO_HASH } from '../domain/audit.ts';
import { archivedRows } from './audit-archive.ts';
import { type Head, readHeads } from './audit-heads.ts';

/** Rows that are looked at before others get their turn. */
const CHUNK = 1000;

/** What a walk over the trail found. */
export interface AuditVerdict {
  /** Rows that were compared, those in archives included. */
  rows: number;
  /** Numbers of the first and the last of them; null: there are none. */
  first: number | null;
  last: number | null;
  /** Heads outside of the table that were held against it. */
  heads: number;
  /** Archives that were read. */
  archives: number;
  /** Archives that lie elsewhere, by file; what is in them was not compared. */
  elsewhere: string[];
  /** The first row that is not as it was written; null: all are. */
  fault: AuditFault | null;
}

export interface AuditFault {
  no: number;
  /** `changed`, `removed` …, for programs. */
  kind: 'changed' | 'removed' | 'moved' | 'replaced' | 'cut' | 'archive' | 'heads';
  /** In a sentence. */
  detail: string;
}

class Fault extends Error {
  readonly fault: AuditFault;

  constructor(no: number, kind: AuditFault['kind'], detail: string) {
    super(detail);
    this.fault = { no, kind, detail };
  }
}

/**
 * Walks the trail from its beginning, or from its last archive that is not at hand, and compares each row with its
 * hash, with the row before it, and with the heads that were written down outside of the table.
 * @param directory data directory with heads and archives
 */
export async function verifyAudit(store: AuditStore, directory: string): Promise<AuditVerdict> {
  const verdict: AuditVerdict = {
    ...{ rows: 0, first: null, last: null, heads: 0, archives: 0, elsewhere: [], fault: null },
  };
  try {
    await walk(store, directory, verdict);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    verdict.fault = error.fault;
  }
  return verdict;
}

async function walk(store: AuditStore, directory: string, verdict: AuditVerdict): Promise<void> {
  const heads = headsOf(directory);
  const archives = store.archives();
  // What is written while we walk is the next walk's.
  const newest = store.head()?.no ?? 0;
  let before = { no: 0, hash: NO_HASH };
  const look = (row: AuditRow): void => {
    compare(row, before);
    held(row, heads, verdict);
    before = row;
    verdict.rows++;
    verdict.first ??= row.no;
    verdict.last = row.no;
  };
  for (const record of archives) {
    if (record.firstNo !== before.no + 1) {
      throw new Fault(
        before.no + 1,
        'archive',
        `the archive ${record.file} begins with row ${record.firstNo}, not ${before.no + 1}`,
      );
    }
    const rows = archivedRows(directory, record);
    if (rows) await inArchive(rows, record, look);
    if (rows) verdict.archives++;
    else verdict.elsewhere.push(record.file);
    if (rows && before.hash !== record.lastHash) {
      throw new Fault(
        record.lastNo,
        'archive',
        `row ${record.lastNo} in ${record.file} is not the one that was archived`,
      );
    }
    before = { no: record.lastNo, hash: record.lastHash };
  }
  let archived = archives.at(-1);
  while (before.no < newest) {
    const rows = store.after(before.no, CHUNK);
    for (const row of rows) {
      look(row);
      if (archived && tells(row, archived)) archived = undefined;
    }
    if (rows.length === 0) break;
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (archived) {
    throw new Fault(
      archived.lastNo,
      'archive',
      `rows ${archived.firstNo} to ${archived.lastNo} are gone, and no row of the trail says that they were archived into ${archived.file}`,
    );
  }
  const gone = heads.find(({ no }) => no > before.no);
  if (gone) {
    throw new Fault(
      before.no + 1,
      'cut',
      `the rows from ${before.no + 1} on were cut off: at ${gone.at} there were ${gone.no}`,
    );
  }
}

function headsOf(directory: string): Head[] {
  try {
    return readHeads(directory);
  } catch (error) {
    throw new Fault(0, 'heads', error instanceof Error ? error.message : String(error));
  }
}

async function inArchive(
  rows: AsyncIterable<AuditRow>,
  record: ArchiveRecord,
  look: (row: AuditRow) => void,
): Promise<void> {
  try {
    for await (const row of rows) look(row);
  } catch (error) {
    if (error instanceof Fault) throw error;
    throw new Fault(record.firstNo, 'archive', error instanceof Error ? error.message : String(error));
  }
}

function compare(row: AuditRow, before: { no: number; hash: string }): void {
  const { no } = row;
  if (no > before.no + 1) {
    const gone = no === before.no + 2 ? `row ${no - 1} was` : `rows ${before.no + 1} to ${no - 1} were`;
    throw new Fault(before.no + 1, 'removed', `${gone} removed`);
  }
  const whole = hashOf(row) === row.hash;
  if (whole && row.previous === before.hash) return;
  const when = new Date(row.at).toISOString();
  if (row.previous === before.hash) {
    throw new Fault(no, 'changed', `row ${no} of ${when}, ${row.action}, was changed after it was written`);
  }
  throw new Fault(
    no,
    'moved',
    `row ${no} of ${when}, ${row.action}, does not follow row ${before.no}: it was put there, or moved`,
  );
}

/** Heads of a row are compared when it is passed. */
function held(row: AuditRow, heads: readonly Head[], verdict: AuditVerdict): void {
  for (let head = heads[verdict.heads]; head && head.no <= row.no; head = heads[verdict.heads]) {
    verdict.heads++;
    // Of an archive that is elsewhere.
    if (head.no < row.no) continue;
    if (head.hash === row.hash) continue;
    throw new Fault(
      row.no,
      'replaced',
      `row ${row.no} is not the one that stood there at ${head.at}: the trail was written anew`,
    );
  }
}

function tells(row: AuditRow, record: ArchiveRecord): boolean {
  if (row.action !== ARCHIVE_ACTION || row.target !== archiveTarget(record) || row.after === null)
    return false;
  return (JSON.parse(row.after) as { sha256?: unknown }).sha256 === record.sha256;
}
