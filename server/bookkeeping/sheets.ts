import { type ChildProcess, fork } from 'node:child_process';
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

/** To the reading process, and back. */
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
/** After which the process ends, with the memory of its library. */
const IDLE_MS = 10_000;

let last: Promise<unknown> = Promise.resolve();
let waiting = 0;
let reader: Reader | null = null;

/**
 * Reads the sheets of a workbook (.xlsx), one file at a time, in a process of its own: a few kilobytes can ask for a
 * merged cell of a billion cells, and the library makes them all. What takes too much memory or time fails alone; a
 * thread that reaches its limit ends the whole process with it, when V8 cannot stop it in time.
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

const COMPILE_CACHE = new URL('../compile-cache.ts', import.meta.url).href;

/** One process; it ends by itself when nothing came for a while, and with the first file that is too much for it. */
class Reader {
  gone = false;
  readonly #process: ChildProcess;
  #answer: { resolve: (sheets: Sheet[]) => void; reject: (error: Error) => void } | null = null;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    this.#process = fork(new URL('./sheets-process.ts', import.meta.url), {
      execArgv: [`--max-old-space-size=${HEAP_MB}`, '--import', COMPILE_CACHE],
      // It needs no setting of ours, and what V8 writes when its memory is at an end is no line of our log.
      env: {},
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
    });
    this.#process.on('message', (answer: SheetsAnswer) => {
      if ('sheets' in answer) this.#answer?.resolve(answer.sheets);
      else this.#answer?.reject(new SheetsError(answer.unreadable));
      this.#answer = null;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#end(new Error('nothing came')), IDLE_MS).unref();
      // A program that has nothing else to do may end.
      this.#process.unref();
      this.#process.channel?.unref();
    });
    this.#process.on('error', (error) => this.#end(error));
    this.#process.on('exit', (_code, signal) => {
      const why = signal === 'SIGABRT' ? 'takes too much memory to read' : 'could not be read';
      this.#end(new SheetsError(`the workbook ${why}`));
    });
  }

  read(task: SheetsTask): Promise<Sheet[]> {
    clearTimeout(this.#timer);
    this.#process.ref();
    this.#process.channel?.ref();
    return new Promise((resolve, reject) => {
      this.#answer = { resolve, reject };
      const late = new SheetsError('the workbook takes too long to read');
      this.#timer = setTimeout(() => this.#end(late), LONGEST_MS);
      this.#process.send(task, (error) => {
        if (error) this.#end(error);
      });
    });
  }

  #end(error: Error): void {
    this.gone = true;
    clearTimeout(this.#timer);
    this.#answer?.reject(error);
    this.#answer = null;
    this.#process.kill('SIGKILL');
  }
}
