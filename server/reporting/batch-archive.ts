import { open } from 'node:fs/promises';
import { Zip, ZipPassThrough } from 'fflate';

/** A file on disk and its name in the archive. */
export interface Entry {
  path: string;
  name: string;
}

const CHUNK = 256 * 1024;

/**
 * The files as a zip archive, a chunk at a time, so that its size needs no memory. They are stored as they are:
 * documents are compressed already.
 * @param modified epoch ms that all of them show
 * @throws Error that names a file that cannot be read
 */
export async function* archiveOf(entries: readonly Entry[], modified: number): AsyncGenerator<Uint8Array> {
  let made: Uint8Array[] = [];
  let failure: Error | null = null;
  const zip = new Zip((error, chunk) => {
    if (error) failure = error;
    else made.push(chunk);
  });
  const taken = function* (): Generator<Uint8Array> {
    if (failure) throw failure;
    const chunks = made;
    made = [];
    yield* chunks;
  };
  for (const { path, name } of entries) {
    const entry = new ZipPassThrough(name);
    entry.mtime = modified;
    zip.add(entry);
    const file = await open(path);
    try {
      for (;;) {
        // Each chunk is handed on as it is, so it has a buffer of its own.
        const buffer = new Uint8Array(CHUNK);
        const { bytesRead } = await file.read(buffer, 0, CHUNK);
        entry.push(buffer.subarray(0, bytesRead), bytesRead === 0);
        yield* taken();
        if (bytesRead === 0) break;
      }
    } finally {
      await file.close();
    }
  }
  zip.end();
  yield* taken();
}

/** A name that every system takes for a file. */
export function fileName(name: string): string {
  return name.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, ' ').trim() || '_';
}
