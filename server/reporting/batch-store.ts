import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type BatchForm, type BatchRecord, isBatchId, parseBatch } from './batch.ts';

const RECORD = 'batch.json';

/** The directories of batches: a file that says what was asked, and one for each document that is made. */
export class BatchStore {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** All that can be read; one that cannot is left alone, and `unreadable` is told of it. */
  all(unreadable: (id: string, error: Error) => void): BatchRecord[] {
    if (!existsSync(this.#directory)) return [];
    return readdirSync(this.#directory).flatMap((id) => {
      if (!isBatchId(id)) return [];
      try {
        return [parseBatch(readFileSync(join(this.#directory, id, RECORD), 'utf8'))];
      } catch (error) {
        unreadable(id, error instanceof Error ? error : new Error(String(error)));
        return [];
      }
    });
  }

  write(record: BatchRecord): void {
    const directory = join(this.#directory, record.id);
    mkdirSync(directory, { recursive: true });
    const file = join(directory, RECORD);
    writeFileSync(`${file}.part`, JSON.stringify(record));
    renameSync(`${file}.part`, file);
  }

  has(id: string, node: string, form: BatchForm): boolean {
    return existsSync(this.path(id, node, form));
  }

  /** A document is there when it is whole: it is written beside its place, and moved there when it is on disk. */
  async put(id: string, node: string, form: BatchForm, bytes: Uint8Array): Promise<void> {
    const path = this.path(id, node, form);
    const file = await open(`${path}.part`, 'w');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.part`, path);
  }

  path(id: string, node: string, form: BatchForm): string {
    return join(this.#directory, id, `${node}.${form}`);
  }

  remove(id: string): void {
    rmSync(join(this.#directory, id), { recursive: true, force: true });
  }
}
