import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { z } from 'zod';
import type { Catalogue } from './catalogue/catalogue.ts';
import type { Journal } from './journal/journal.ts';
import type { Ledger } from './ledger/ledger.ts';
import type { TimeSeries } from './timeseries/port.ts';

export const CATALOGUE_FILE = 'catalogue.sqlite';
export const JOURNAL_FILE = 'journal.sqlite';
const MANIFEST = 'backup.json';

const Manifest = z.object({
  made_at: z.string(),
  version: z.string(),
  files: z.array(z.object({ name: z.string().regex(/^[\w.-]+$/), bytes: z.number(), sha256: z.string() })),
});
export type Manifest = z.infer<typeof Manifest>;

export class BackupError extends Error {}

/**
 * Copies catalogue, journal and time series into a directory while the server runs. No hand-over is under
 * way meanwhile, so the three fit together; readings go on being acknowledged.
 * @throws BackupError when the directory is not empty
 */
export async function backup(
  directory: string,
  parts: { catalogue: Catalogue; journal: Journal; ledger: Ledger; timeseries: TimeSeries },
  version: string,
): Promise<Manifest> {
  await emptyDirectory(directory);
  await parts.ledger.exclusive(async () => {
    await parts.journal.backup(join(directory, JOURNAL_FILE));
    await parts.timeseries.backup(directory);
    // Last: it must know every meter whose readings the others hold, also one that was added meanwhile.
    parts.catalogue.backupTo(join(directory, CATALOGUE_FILE));
  });
  const files: Manifest['files'] = [];
  for (const name of (await readdir(directory)).sort()) {
    const file = join(directory, name);
    await sync(file);
    files.push({ name, bytes: (await stat(file)).size, sha256: await digest(file) });
  }
  const manifest: Manifest = { made_at: new Date().toISOString(), version, files };
  // Last, so that a backup without a manifest is known to be unfinished.
  await writeFile(join(directory, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
  await sync(join(directory, MANIFEST));
  return manifest;
}

/**
 * Puts a backup into an empty data directory, after checking that every file is whole.
 * @throws BackupError that names the file at fault; nothing is copied then
 */
export async function restore(from: string, to: string): Promise<Manifest> {
  const manifest = await readManifest(from);
  for (const { name, bytes, sha256 } of manifest.files) {
    const file = join(from, name);
    const found = await stat(file).catch(() => null);
    if (!found) throw new BackupError(`${file} is missing`);
    if (found.size !== bytes)
      throw new BackupError(`${file} has ${found.size} bytes, the backup had ${bytes}`);
    if ((await digest(file)) !== sha256) throw new BackupError(`${file} is damaged: its checksum differs`);
    if (name.endsWith('.sqlite')) checkIntegrity(file);
  }
  await emptyDirectory(to, ['lock.sqlite', 'settings.yaml']);
  for (const { name } of manifest.files) {
    await copyFile(join(from, name), join(to, name));
    await sync(join(to, name));
  }
  return manifest;
}

async function readManifest(from: string): Promise<Manifest> {
  const file = join(from, MANIFEST);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null)
    throw new BackupError(`${file} is missing: this is no backup, or one that was not finished`);
  try {
    return Manifest.parse(JSON.parse(text));
  } catch {
    throw new BackupError(`${file} is damaged`);
  }
}

function checkIntegrity(file: string): void {
  const db = new DatabaseSync(file, { readOnly: true });
  try {
    const { integrity_check: verdict } = db.prepare('PRAGMA integrity_check').get() as {
      integrity_check: string;
    };
    if (verdict !== 'ok') throw new BackupError(`${file} is damaged: ${verdict}`);
  } finally {
    db.close();
  }
}

async function emptyDirectory(directory: string, allowed: readonly string[] = []): Promise<void> {
  await mkdir(directory, { recursive: true });
  const left = (await readdir(directory)).filter((name) => !allowed.some((a) => name.startsWith(a)));
  if (left.length > 0)
    throw new BackupError(`${directory} is not empty: it holds ${left.slice(0, 3).join(', ')}`);
}

async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  await handle.sync();
  await handle.close();
}
