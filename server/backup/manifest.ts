import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

export const MANIFEST = 'backup.json';
/** Of the manifest; 1 had no word about what the stores hold. */
const FORMAT = 2;

const whole = z.number().int().nonnegative();
const Stores = z.object({
  catalogue: z.object({
    /** Where it was kept; in the backup it is a SQLite file always. */
    engine: z.string(),
    schema: whole,
  }),
  journal: z.object({
    layout: whole,
    /** Readings that the time series did not have yet. */
    pending: whole,
    account: z.record(z.string(), z.number().int()),
  }),
  timeseries: z.object({
    engine: z.string(),
    version: z.string(),
    /** False: it is on a server of its own and is backed up with that one's tools. */
    in_backup: z.boolean(),
    layout: whole.nullable(),
    rows: z.record(z.string(), whole).nullable(),
  }),
});
export type Stores = z.infer<typeof Stores>;

const Manifest = z.object({
  format: z.number().int().default(1),
  made_at: z.string(),
  version: z.string(),
  files: z
    .array(z.object({ name: z.string().regex(/^\w[\w.-]*$/), bytes: z.number(), sha256: z.string() }))
    .min(1),
  ...Stores.partial().shape,
});
export type Manifest = z.infer<typeof Manifest>;

/** A backup, or a place for one, that will not do; the message names the file. */
export class BackupError extends Error {}

/** Writes it under another name first: a manifest that can be read is complete. */
export async function writeManifest(
  directory: string,
  of: Stores & Pick<Manifest, 'version' | 'files'>,
): Promise<Manifest> {
  const { version, files, ...stores } = of;
  const manifest: Manifest = { format: FORMAT, made_at: new Date().toISOString(), version, ...stores, files };
  const unfinished = join(directory, `${MANIFEST}.unfinished`);
  await writeFile(unfinished, `${JSON.stringify(manifest, null, 2)}\n`);
  await sync(unfinished);
  await rename(unfinished, join(directory, MANIFEST));
  await sync(directory);
  return manifest;
}

/** @throws BackupError where there is none, or one that cannot be read or was made by a newer program */
export async function readManifest(from: string): Promise<Manifest> {
  const file = join(from, MANIFEST);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null)
    throw new BackupError(`${file} is missing: this is no backup, or one that was not finished`);
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new BackupError(`${file} is damaged`);
  }
  const { data: asked } = z.object({ format: z.number() }).safeParse(content);
  if (asked && asked.format > FORMAT) {
    throw new BackupError(
      `${file} has format ${asked.format}, this program knows ${FORMAT}: use a newer jieneng`,
    );
  }
  const { data } = Manifest.safeParse(content);
  if (!data) throw new BackupError(`${file} is damaged`);
  return data;
}

/** @throws BackupError for the first file that is missing or differs from what was written */
export async function checkFiles(directory: string, { files }: Manifest): Promise<void> {
  for (const { name, bytes, sha256 } of files) {
    const file = join(directory, name);
    const found = await stat(file).catch(() => null);
    if (!found) throw new BackupError(`${file} is missing`);
    if (found.size !== bytes)
      throw new BackupError(`${file} has ${found.size} bytes, the backup had ${bytes}`);
    if ((await digest(file)) !== sha256) throw new BackupError(`${file} is damaged: its checksum differs`);
  }
}

/** SHA-256 in hexadecimal digits. */
export async function digest(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Makes a file, or the names in a directory, outlast a power cut. */
export async function sync(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
