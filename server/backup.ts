import { constants, existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ARCHIVE_NAME } from './access/audit-archive.ts';
import { HEADS_FILE } from './access/audit-heads.ts';
import {
  BackupError,
  CATALOGUE_FILE,
  checkStores,
  describeStores,
  JOURNAL_FILE,
  STORE_FILES,
} from './backup/contents.ts';
import {
  checkFiles,
  digest,
  MANIFEST,
  type Manifest,
  readManifest,
  sync,
  writeManifest,
} from './backup/manifest.ts';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Journal } from './journal/journal.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { EngineInfo, TimeSeries } from './timeseries/port.ts';

export { BackupError, CATALOGUE_FILE, JOURNAL_FILE, type Manifest };

/** Stands in a data directory while a restore puts its files there. */
const RESTORING = 'restoring';
/** What may stand in a directory that a backup is put into. */
const NO_DATA = ['lock.sqlite', 'settings.yaml', 'control.sock'];

export interface BackupParts {
  catalogue: Catalogue;
  journal: Journal;
  ledger: Ledger;
  timeseries: TimeSeries;
  engine: EngineInfo;
  /** Data directory, for what is no store: heads and archives of the audit trail. */
  directory: string;
}

/**
 * Copies catalogue, journal and time series into a directory while the server runs. No hand-over is under
 * way meanwhile, so the three fit together; readings go on being acknowledged. A time series on a server of
 * its own stays there, and the manifest says so. The manifest comes last: without it nothing is a backup.
 * @throws BackupError when the directory is not empty; what fails half-way is taken away again
 */
export async function backup(directory: string, parts: BackupParts, version: string): Promise<Manifest> {
  await emptyDirectory(directory);
  try {
    let whole = true;
    const copyAudit = async (taken: (name: string) => boolean): Promise<void> => {
      for (const name of (await auditFiles(parts.directory)).filter(taken)) {
        await copyFile(join(parts.directory, name), join(directory, name));
      }
    };
    // A head must not be younger than the rows that are copied, an archive not older than their going.
    await copyAudit((name) => name === HEADS_FILE);
    await parts.ledger.exclusive(async () => {
      await parts.journal.backup(join(directory, JOURNAL_FILE));
      whole = await parts.timeseries.backup(directory);
      // Last: it must know every meter whose readings the others hold, also one that was added meanwhile.
      parts.catalogue.backupTo(join(directory, CATALOGUE_FILE));
    });
    await copyAudit((name) => name !== HEADS_FILE);
    const stores = await describeStores(directory, {
      catalogue: parts.catalogue.store.engine,
      timeseries: parts.engine,
      whole,
    });
    const files: Manifest['files'] = [];
    for (const name of (await readdir(directory)).sort()) {
      const file = join(directory, name);
      await sync(file);
      files.push({ name, bytes: (await stat(file)).size, sha256: await digest(file) });
    }
    return await writeManifest(directory, { ...stores, version, files });
  } catch (error) {
    // Half a backup must not take the room of a whole one, nor its place.
    for (const name of await readdir(directory)) await rm(join(directory, name), { force: true });
    throw error;
  }
}

/**
 * Checks that a backup is whole: every file by its checksum, the databases by their own checks, and what they
 * hold against what the manifest says.
 * @throws BackupError that names the file at fault
 */
export async function verifyBackup(directory: string): Promise<Manifest> {
  const manifest = await readManifest(directory);
  await checkFiles(directory, manifest);
  await checkStores(directory, manifest);
  return manifest;
}

/**
 * Puts a backup into an empty data directory. Files are copied into a directory inside it, checked there, and
 * moved to their places; while that directory exists nothing starts on the data, and a restore begins anew.
 * @throws BackupError that names the file at fault; nothing is left in the directory then
 */
export async function restore(from: string, to: string): Promise<Manifest> {
  const manifest = await readManifest(from);
  await checkFiles(from, manifest);
  const staged = join(to, RESTORING);
  // What stands beside it is of a restore that was killed: the directory was empty when that began.
  if (existsSync(staged)) await clear(to);
  await emptyDirectory(to, NO_DATA);
  try {
    await mkdir(staged);
    for (const { name } of manifest.files) {
      await copyFile(join(from, name), join(staged, name), constants.COPYFILE_EXCL);
      await sync(join(staged, name));
    }
    await checkFiles(staged, manifest);
    await checkStores(staged, manifest);
    for (const { name } of manifest.files) await rename(join(staged, name), join(to, name));
    await sync(to);
    await rm(staged, { recursive: true });
    await sync(to);
  } catch (error) {
    await clear(to);
    throw error;
  }
  return manifest;
}

/** @throws BackupError where a restore was begun and not finished */
export function refuseUnfinished(directory: string): void {
  if (!existsSync(join(directory, RESTORING))) return;
  throw new BackupError(`${directory}: a restore was begun and not finished; run it again`);
}

/** Takes away what a restore has put there, the sign that it was begun last. */
async function clear(to: string): Promise<void> {
  for (const name of [...STORE_FILES, ...(await auditFiles(to))]) await rm(join(to, name), { force: true });
  await rm(join(to, RESTORING), { recursive: true, force: true });
}

/** Archives and heads of the audit trail. */
async function auditFiles(directory: string): Promise<string[]> {
  const names = await readdir(directory);
  return names.filter((name) => name === HEADS_FILE || ARCHIVE_NAME.test(name)).sort();
}

async function emptyDirectory(directory: string, allowed: readonly string[] = []): Promise<void> {
  await mkdir(directory, { recursive: true });
  const left = (await readdir(directory)).filter((name) => !allowed.some((a) => name.startsWith(a)));
  if (left.includes(MANIFEST))
    throw new BackupError(`${directory} is not empty: it holds a backup, ${MANIFEST}`);
  if (left.length > 0)
    throw new BackupError(`${directory} is not empty: it holds ${left.slice(0, 3).join(', ')}`);
}
