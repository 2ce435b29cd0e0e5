import { statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';

/** After a failure of this kind DuckDB refuses everything until its file is opened again. */
const FATAL = /FATAL Error/;
const REOPEN_MS = 1000;

export const MEMORY = ':memory:';

/** One open DuckDB file: a connection that writes, one change at a time, and one that reads. */
export class DatabaseFile {
  readonly path: string;
  readonly #options: Record<string, string>;
  readonly #prepare: (c: DuckDBConnection) => Promise<void>;
  #instance: DuckDBInstance | null = null;
  #writer: DuckDBConnection | null = null;
  #reader: DuckDBConnection | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = new AbortController();
  /** Why it is closed though it was opened; null when it is open. */
  #broken: string | null = null;
  /** Device and number of the open file. */
  #identity: string | null = null;

  /** @param prepare called with the writing connection whenever the file is opened, before anybody else */
  constructor(
    path: string,
    options: Record<string, string>,
    prepare: (c: DuckDBConnection) => Promise<void>,
  ) {
    this.path = path;
    this.#options = options;
    this.#prepare = prepare;
  }

  /** @throws when the file is damaged, no database, or what `prepare` throws */
  async open(): Promise<void> {
    this.#stopping = new AbortController();
    try {
      await this.#connect();
    } catch (error) {
      this.#drop();
      throw error;
    }
  }

  async #connect(): Promise<void> {
    this.#instance = await opened(this.path, this.#options);
    this.#identity = identityOf(this.path);
    this.#writer = await this.#instance.connect();
    this.#reader = await this.#instance.connect();
    await this.#prepare(this.#writer);
  }

  async close(): Promise<void> {
    this.#stopping.abort();
    await this.#turn.catch(() => {});
    this.#drop();
  }

  get isClosing(): boolean {
    return this.#stopping.signal.aborted;
  }

  #drop(): void {
    this.#reader?.closeSync();
    this.#writer?.closeSync();
    this.#instance?.closeSync();
    this.#reader = this.#writer = this.#instance = null;
  }

  /**
   * Opens the file again after a failure that it takes no more work after, such as a checkpoint on a full disk;
   * tries until it succeeds. What a commit had confirmed is in its log.
   */
  async #reopen(why: string): Promise<void> {
    for (this.#broken = why; this.#broken !== null; ) {
      this.#drop();
      await wait(REOPEN_MS, undefined, { signal: this.#stopping.signal });
      try {
        this.mustBeThere();
        await this.#connect();
        this.#broken = null;
      } catch (error) {
        this.#broken = messageOf(error);
      }
    }
  }

  /** @throws when the open file is no longer the one in the directory: what is written would be lost with us */
  mustBeThere(): void {
    if (this.#identity === null || identityOf(this.path) === this.#identity) return;
    throw new Error(
      `${this.path} was deleted or replaced while it was open. While this server runs, \`backup DIR\` can still save what it held`,
    );
  }

  /** @throws while it is closed, with the reason */
  get reader(): DuckDBConnection {
    return this.#usable(this.#reader);
  }

  #usable(c: DuckDBConnection | null): DuckDBConnection {
    if (this.#broken !== null) throw new Error(`closed until it can be opened again: ${this.#broken}`);
    if (!c) throw new Error('the time series is not open');
    return c;
  }

  /** One writer at a time: DuckDB refuses two transactions that touch the same rows. */
  inTurn<T>(work: (c: DuckDBConnection) => Promise<T>): Promise<T> {
    const mine = async (): Promise<T> => work(this.#usable(this.#writer));
    const run = this.#turn.then(mine, mine);
    // Whoever asked is told by `run`; opening again is given up only by a stop.
    this.#turn = run.catch((error: unknown) =>
      FATAL.test(messageOf(error)) ? this.#reopen(messageOf(error)).catch(() => {}) : undefined,
    );
    return run;
  }
}

/** @throws when the file is damaged or no database, with what can be done */
async function opened(file: string, options: Record<string, string>): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(file, options);
  } catch (error) {
    throw new Error(
      `${file} cannot be opened: ${messageOf(error)}. \`restore\` puts a backup into a new directory`,
    );
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function identityOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  return found ? `${found.dev}:${found.ino}` : null;
}
