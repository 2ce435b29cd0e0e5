import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGunzip, gzipSync } from 'node:zlib';
import { z } from 'zod';
import type { ArchiveRecord, AuditStore } from '../catalogue/audit.ts';
import { ACTOR_KINDS, type AuditRow, OUTCOMES } from '../domain/audit.ts';

/** Rows of one file; they leave the table in one transaction. */
const LIMIT_ROWS = 20_000;
/** Rows that are read and packed at a time. */
const CHUNK = 1000;

export const ARCHIVE_NAME = /^audit-\d+-\d+\.jsonl\.gz$/;

/**
 * Moves rows that are older than an instant into files, a JSON document a line, packed; the newest row always stays.
 * @param before epoch ms
 * @returns what was moved
 */
export async function archiveBefore(
  store: AuditStore,
  directory: string,
  before: number,
  now: () => number,
): Promise<ArchiveRecord[]> {
  const done: ArchiveRecord[] = [];
  for (;;) {
    const record = await writeFile(store, directory, before, now());
    if (!record) return done;
    if (store.archive(record)) done.push(record);
    // Another process archived the same rows into a directory of its own.
    else await rm(join(directory, record.file), { force: true });
  }
}

async function writeFile(
  store: AuditStore,
  directory: string,
  before: number,
  at: number,
): Promise<ArchiveRecord | null> {
  const newest = store.head()?.no ?? 0;
  const old = (row: AuditRow): boolean => row.until < before && row.no < newest;
  const first = store.after(0, 1)[0];
  if (!first || !old(first)) return null;
  const unfinished = join(directory, 'audit-archive.unfinished');
  const hash = createHash('sha256');
  const file = await open(unfinished, 'w', 0o600);
  let last = first;
  try {
    for (let rows = [first]; rows.length > 0; rows = store.after(last.no, CHUNK)) {
      const whole = rows.findIndex((row) => !old(row));
      const taken = (whole < 0 ? rows : rows.slice(0, whole)).slice(0, LIMIT_ROWS - (last.no - first.no));
      // Each chunk is a member of its own of the gzip file.
      const bytes = gzipSync(taken.map((row) => `${JSON.stringify(row)}\n`).join(''));
      if (taken.length > 0) {
        hash.update(bytes);
        await file.write(bytes);
      }
      last = taken.at(-1) ?? last;
      if (taken.length < rows.length) break;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  const name = `audit-${first.no}-${last.no}.jsonl.gz`;
  await rename(unfinished, join(directory, name));
  const { no: lastNo, hash: lastHash } = last;
  return { firstNo: first.no, lastNo, lastHash, file: name, sha256: hash.digest('hex'), at };
}

const ArchivedRow = z.object({
  no: z.number(),
  at: z.number(),
  until: z.number(),
  count: z.number(),
  kind: z.enum(ACTOR_KINDS),
  who: z.string(),
  name: z.string(),
  address: z.string(),
  request: z.string(),
  action: z.string(),
  target: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
  outcome: z.enum(OUTCOMES),
  status: z.number().nullable(),
  previous: z.string(),
  hash: z.string(),
}) satisfies z.ZodType<AuditRow>;

/**
 * The rows of an archive, oldest first; null where its file is not in the directory.
 * @throws Error that names the file, where it is damaged
 */
export function archivedRows(directory: string, record: ArchiveRecord): AsyncIterable<AuditRow> | null {
  const path = join(directory, record.file);
  return ARCHIVE_NAME.test(record.file) && existsSync(path) ? rowsIn(path, record) : null;
}

async function* rowsIn(path: string, { sha256 }: ArchiveRecord): AsyncIterable<AuditRow> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  if (hash.digest('hex') !== sha256) throw new Error(`${path} is damaged: its checksum differs`);
  const packed = createReadStream(path);
  const text = packed.pipe(createGunzip());
  for await (const line of createInterface({ input: text })) yield ArchivedRow.parse(JSON.parse(line));
}
