import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { BackupError, CATALOGUE_FILE, restore, verifyBackup } from '../backup.ts';
import { forgetSignIns } from '../catalogue/accounts.ts';
import { moveCatalogue } from '../catalogue/move.ts';
import { readSettings, type Settings } from '../config.ts';
import type { AuditVerdict } from '../http/schemas/audit.ts';
import type { BackupResult, VerifyProgress } from '../http/schemas/health.ts';
import { lockDirectory } from '../lock.ts';
import { DUCKDB_FILE } from '../timeseries/duckdb.ts';
import { good, jsonLines } from './answers.ts';
import type { Ask } from './client.ts';
import type { Context } from './context.ts';
import { Failure, type Io, Misuse } from './io.ts';

/** Where the file of a catalogue is kept that was moved into a database. */
const MOVED_FILE = 'catalogue.moved.sqlite';
const ELSEWHERE =
  'the time series is on a server of its own and not in this backup: it is backed up after this with its own tools';

/** Commands that look after a data directory as a whole. */
export function addUpkeep(program: Command, { io, data, sub, withStore }: Context): void {
  const settings = (): Settings => {
    const directory = data();
    return readSettings(
      io.environment,
      directory === undefined ? {} : { JIENENG_DATA: resolve(io.cwd, directory) },
    );
  };
  const catalogue = sub(
    program,
    'catalogue',
    'where the tree, the meters, the book and the filings are kept',
  );
  sub(
    catalogue,
    'move',
    `into the empty database that DATABASE_URL names; the file stays as ${MOVED_FILE}`,
  ).action(() => {
    const { JIENENG_DATA: at, DATABASE_URL: url } = settings();
    if (url === undefined) throw new Misuse('DATABASE_URL is not set: it names where the catalogue goes');
    const release = lockDirectory(at);
    try {
      const rows = moveCatalogue(join(at, CATALOGUE_FILE), url, join(at, MOVED_FILE));
      io.err(`${rows} rows moved; the file is ${join(at, MOVED_FILE)} now\n`);
    } finally {
      release();
    }
  });
  sub(program, 'verify', 'compare what is stored with what it was made from; exit 1 where they differ')
    .option('--recompute', 'all consumption, computed again from the raw readings')
    .option('--audit', 'the audit trail, with its hashes and with the heads that were kept outside of it')
    .action(async ({ recompute, audit }: { recompute?: true; audit?: true }) => {
      if (!recompute && !audit) throw new Misuse('say what: --recompute, --audit, or both');
      await withStore(async (ask) => {
        if (audit) await verifyAudit(ask, io);
        if (recompute) await verifyRecompute(ask, io);
      });
    });
  const backups = sub(
    program,
    'backup',
    'write a consistent copy into an empty directory; works while the server runs',
  )
    .argument('<dir>', 'directory')
    .action((dir: string) =>
      withStore(async (ask) => {
        const content = JSON.stringify({ directory: resolve(io.cwd, dir) });
        const answer = await ask('POST', '/api/v1/backup', { type: 'application/json', content });
        const { files, bytes } = (await (await good(answer)).json()) as BackupResult;
        io.err(`${files.length} files, ${bytes} bytes in ${resolve(io.cwd, dir)}\n`);
        if (!files.includes(DUCKDB_FILE)) io.err(`${ELSEWHERE}\n`);
      }),
    );
  sub(backups, 'verify', 'check that a backup is whole; touches neither it nor any data')
    .argument('<dir>', 'directory of the backup')
    .action((dir: string) =>
      saying(async () => {
        const { files, made_at, timeseries } = await verifyBackup(resolve(io.cwd, dir));
        const bytes = files.reduce((n, f) => n + f.bytes, 0);
        io.err(`${files.length} files of ${made_at}, ${bytes} bytes: whole\n`);
        if (timeseries?.in_backup === false) io.err(`${ELSEWHERE}\n`);
      }),
    );
  sub(program, 'restore', 'put a backup into an empty data directory, checked first')
    .argument('<dir>', 'directory of the backup')
    .action(async (dir: string) => {
      const { JIENENG_DATA: to, DATABASE_URL: url } = settings();
      const release = lockDirectory(to);
      try {
        const { files, made_at, timeseries } = await saying(() => restore(resolve(io.cwd, dir), to));
        forgetSignIns(join(to, CATALOGUE_FILE));
        if (url !== undefined) intoDatabase(join(to, CATALOGUE_FILE), url);
        io.err(`${files.length} files of ${made_at} restored into ${to}\n`);
        if (timeseries?.in_backup === false) io.err(`${ELSEWHERE}\n`);
      } finally {
        release();
      }
    });
}

/** What was restored stays where the database does not take it, so that only this step is to be repeated. */
function intoDatabase(file: string, url: string): void {
  try {
    moveCatalogue(file, url, null);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Failure(
      `the files are restored, but the catalogue is not in the database: ${why}; then: jieneng catalogue move`,
    );
  }
}

async function saying<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof BackupError ? new Failure(error.message) : error;
  }
}

async function verifyAudit(ask: Ask, io: Io): Promise<void> {
  const answer = await ask('POST', '/api/v1/audit/verification');
  const verdict = (await (await good(answer)).json()) as AuditVerdict;
  for (const file of verdict.elsewhere) io.err(`${file}: lies in another directory, not compared\n`);
  if (verdict.fault) throw new Failure(`audit trail: ${verdict.fault.detail}`);
  const { rows, heads, archives, first, last } = verdict;
  const which = rows === 0 ? '' : ` (${first} to ${last})`;
  io.err(`${rows} rows of the audit trail${which}, ${archives} archives, ${heads} heads compared: whole\n`);
}

async function verifyRecompute(ask: Ask, io: Io): Promise<void> {
  const response = await good(
    await ask('POST', '/api/v1/verify', { type: 'application/json', content: '{}' }),
  );
  let last: VerifyProgress | null = null;
  for await (const line of jsonLines<VerifyProgress & { problem?: { detail?: string; title: string } }>(
    response,
  )) {
    if (line.problem) throw new Failure(line.problem.detail ?? line.problem.title);
    last = line;
    if (io.terminal) io.err(`\r${last.compared} of ${last.total} months of meters …`);
  }
  if (io.terminal) io.err('\r\x1b[K');
  if (!last?.done) throw new Failure('the comparison was cut off');
  for (const d of last.differences) {
    const shown = (n: number | null): string => (n === null ? 'nothing' : String(n));
    io.err(
      `${d.meter}, ${d.level} of ${d.start}: stored ${shown(d.stored)}, computed ${shown(d.computed)}\n`,
    );
  }
  if (last.differing > 0) throw new Failure(`${last.differing} differ in ${last.compared} months of meters`);
  io.err(`${last.compared} months of meters compared, none differs\n`);
}
