import type { Value } from '../database.ts';

/** A statement in PostgreSQL's own SQL; one that has a name is planned once per connection. */
export interface Query {
  text: string;
  name?: string;
  values?: readonly Value[];
}

export interface Ask {
  id: number;
  /** Sent one behind the other without waiting; the first that fails is the answer. */
  queries: readonly Query[];
  /** The connection on which the transaction runs; null: none does. */
  connection: number | null;
  /** Longest time until all are answered; then the connection is given up. */
  deadlineMs: number;
}

/** Rows of the last query, as arrays in the order of the columns. */
export interface Answered {
  id: number;
  connection: number;
  columns: string[];
  rows: unknown[][];
  /** What the server says that it did, e.g. `COMMIT`. */
  command: string;
}

export interface Failed {
  id: number;
  connection: number;
  message: string;
  /** SQLSTATE; null where the server did not answer. */
  code: string | null;
}

export interface WorkerSettings {
  connectionString: string;
  schema: string;
  secret: string | null;
  memory: SharedArrayBuffer;
}

/** SQLSTATE of a right that is missing. */
export const INSUFFICIENT_PRIVILEGE = '42501';

/** Longest waits; a statement has the least, so that the server is the first to give up. */
export const CONNECT_MS = 10_000;
export const LOCK_MS = 4000;
export const STATEMENT_MS = 5000;
export const ANSWER_MS = 9000;

/** Places of the shared memory, in 32-bit words. */
export const PLACE = {
  /** Counts answers; waited on. */
  answers: 0,
  /** One of STATE; waited on while opening. */
  state: 1,
  /** `Catalogue.version` as it was last seen in the database. */
  mark: 2,
  /** The question that nobody waits for any more. */
  abandoned: 3,
  /** Length of the reason, in bytes. */
  reasonBytes: 4,
} as const;

export const STATE = { connecting: 0, up: 1, down: 2, closed: 3 } as const;

const WORDS = 8;
const REASON_BYTES = 480;

/** What the two threads both see: whether the database answers, why not, and which version it has. */
export class Shared {
  readonly words: Int32Array;
  readonly memory: SharedArrayBuffer;
  readonly #reason: Uint8Array;

  constructor(memory = new SharedArrayBuffer(WORDS * 4 + REASON_BYTES)) {
    this.memory = memory;
    this.words = new Int32Array(memory, 0, WORDS);
    this.#reason = new Uint8Array(memory, WORDS * 4);
  }

  get(place: keyof typeof PLACE): number {
    return Atomics.load(this.words, PLACE[place]);
  }

  set(place: keyof typeof PLACE, value: number): void {
    Atomics.store(this.words, PLACE[place], value);
    Atomics.notify(this.words, PLACE[place]);
  }

  down(reason: string): void {
    // Characters are cut whole, and a copy is decoded: neither call takes shared memory.
    const bytes = new TextEncoder().encode(reason);
    let length = Math.min(bytes.length, REASON_BYTES);
    while (length < bytes.length && ((bytes[length] ?? 0) & 0xc0) === 0x80) length--;
    this.#reason.set(bytes.subarray(0, length));
    Atomics.store(this.words, PLACE.reasonBytes, length);
    this.set('state', STATE.down);
  }

  get reason(): string {
    return new TextDecoder().decode(this.#reason.slice(0, this.get('reasonBytes')));
  }
}
