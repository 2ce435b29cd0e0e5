import { Worker } from 'node:worker_threads';
import type { Plain } from './cells.ts';

/** Rows of a sheet that are read, and columns. */
export interface Bounds {
  rows: number;
  columns: number;
  /** Bytes that the file may unpack to. */
  bytes: number;
}

/** What a sheet says, as far as its bounds go. */
export interface Sheet {
  name: string;
  /** All that it has, also those that are not read. */
  rowCount: number;
  /** By row and column, each from 0. */
  values: Plain[][];
  /** Cells that are part of merged ones, `row * columns + column`. */
  merged: ReadonlySet<number>;
}

/** To the reading thread, and back. */
export interface SheetsTask extends Bounds {
  content: Uint8Array;
}
export type SheetsAnswer = { sheets: Sheet[] } | { unreadable: string };

/** A file that is no workbook, or none that can be read within bounds. */
export class SheetsError extends Error {
  override readonly name = 'SheetsError';
}

/** Too many workbooks wait to be read; it will do later. */
export class SheetsBusyError extends Error {
  override readonly name = 'SheetsBusyError';
}

/** A workbook of 5,000 rows takes a second and some 100 MB. */
const HEAP_MB = 256;
const LONGEST_MS = 60_000;
const WAITING = 8;
/** After which the thread ends, with the memory of its library. */
const IDLE_MS = 10_000;

let last: Promise<unknown> = Promise.resolve();
let waiting = 0;
let reader: Reader | null = null;

/**
 * Reads the sheets of a workbook (.xlsx), one file at a time, on a thread of its own: a few kilobytes can ask for a
 * merged cell of a billion cells, and the library makes them all. What takes too much memory or time fails alone.
 * @throws SheetsError, SheetsBusyError
 */
export async function sheetsOf(task: SheetsTask): Promise<Sheet[]> {
  if (waiting >= WAITING) throw new SheetsBusyError(`${waiting} workbooks wait to be read; try again soon`);
  waiting++;
  const turn = last.then(() => {
    if (!reader || reader.gone) reader = new Reader();
    return reader.read(task);
  });
  last = turn.catch(() => {}).finally(() => waiting--);
  return turn;
}

/** One thread; it ends by itself when nothing came for a while, and with the first file that is too much for it. */
class Reader {
  gone = false;
  readonly #worker: Worker;
  #answer: { resolve: (sheets: Sheet[]) => void; reject: (error: Error) => void } | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#worker = new Worker(new URL('./sheets-worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    });
    this.#worker.on('message', (answer: SheetsAnswer) => {
      if ('sheets' in answer) this.#answer?.resolve(answer.sheets);
      else this.#answer?.reject(new SheetsError(answer.unreadable));
      this.#answer = null;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#end(new Error('nothing came')), IDLE_MS).unref();
      // A process that has nothing else to do may end.
      this.#worker.unref();
    });
    this.#worker.on('error', (error: NodeJS.ErrnoException) => {
      const isLarge = error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      this.#end(isLarge ? new SheetsError('the workbook takes too much memory to read') : error);
    });
    this.#worker.on('exit', () => this.#end(new SheetsError('the workbook could not be read')));
  }

  read(task: SheetsTask): Promise<Sheet[]> {
    clearTimeout(this.#timer);
    this.#worker.ref();
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      const late = new SheetsError('the workbook takes too long to read');
      this.#timer = setTimeout(() => this.#end(late), LONGEST_MS);
      this.#worker.postMessage(task);
    });
  }

  #end(error: Error): void {
    this.gone = true;
    clearTimeout(this.#timer);
    this.#answer?.reject(error);
    this.#answer = null;
    void this.#worker.terminate();
  }
}
