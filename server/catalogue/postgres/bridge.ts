import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { CatalogueUnavailable } from '../database.ts';
import type { Address } from './address.ts';
import type { Query, WorkerSettings } from './protocol.ts';
import {
  ANSWER_MS,
  type Answered,
  type Ask,
  CONNECT_MS,
  type Failed,
  INSUFFICIENT_PRIVILEGE,
  PLACE,
  Shared,
  STATE,
} from './protocol.ts';

/** How much later than the worker this thread gives up, so that the worker is the one to say why. */
const GRACE_MS = 1000;
const CLOSE_MS = 2000;

/**
 * What a statement can be at fault for: its values, a constraint, its text. All else is of the server and those who run
 * it: connections, resources, rights and tables that were taken away, a server that only reads.
 */
const OF_THE_STATEMENT = /^(22|23|42(?!P01))/;

/** An error of the server, with its SQLSTATE. */
export class PostgresError extends Error {
  override readonly name = 'PostgresError';
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** Nobody knows what became of what was asked last. */
export class ConnectionLost extends CatalogueUnavailable {}

/** The answer to a question, or what went wrong with it; either way on which connection. */
export interface Reply {
  connection: number;
  answer: Answered | null;
  error: Error | null;
}

/**
 * Asks PostgreSQL from code that cannot wait: the client works in a thread of its own, and this thread
 * sleeps until the answer is there, for a bounded time. While the database is known not to answer, nobody
 * sleeps at all.
 */
export class Bridge {
  readonly #shared = new Shared();
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #shown: string;
  #id = 0;
  #closed = false;

  constructor(address: Address) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.#shown = address.shown;
    const { connectionString, schema, secret } = address;
    const workerData: WorkerSettings & { port: MessagePort } = {
      ...{ connectionString, schema, secret },
      memory: this.#shared.memory,
      port: port2,
    };
    this.#worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData,
      transferList: [port2],
      resourceLimits: { maxYoungGenerationSizeMb: 16 },
    });
    // It said why in the shared memory, which is read also while this thread is asleep.
    this.#worker.on('error', () => {});
    // The catalogue alone keeps no process running.
    this.#worker.unref();
    port1.unref();
  }

  /** Waits until the database answers for the first time. @throws CatalogueUnavailable */
  open(): void {
    const until = performance.now() + CONNECT_MS + GRACE_MS;
    while (this.#shared.get('state') === STATE.connecting) {
      const left = until - performance.now();
      if (left <= 0) this.#shared.down(`no connection within ${CONNECT_MS / 1000} s`);
      else Atomics.wait(this.#shared.words, PLACE.state, STATE.connecting, left);
    }
    const { failure } = this;
    if (failure !== null) throw new CatalogueUnavailable(failure);
  }

  /** Why it cannot be asked at present; null: it can. */
  get failure(): string | null {
    return this.#shared.get('state') === STATE.up ? null : `${this.#shown}: ${this.#shared.reason}`;
  }

  get mark(): number {
    return this.#shared.get('mark');
  }

  /** From now on the version in the database is looked at. */
  watch(): void {
    this.#worker.postMessage('watch');
  }

  /**
   * @param connection on which the transaction runs; null: none does
   * @param deadlineMs longest time that the database may take
   */
  ask(queries: readonly Query[], connection: number | null, deadlineMs = ANSWER_MS): Reply {
    const { failure } = this;
    if (this.#closed || failure !== null) {
      const error = new CatalogueUnavailable(failure ?? 'the catalogue was closed');
      return { connection: connection ?? 0, answer: null, error };
    }
    const id = ++this.#id;
    this.#port.postMessage({ id, queries, connection, deadlineMs } satisfies Ask);
    const until = performance.now() + deadlineMs + GRACE_MS;
    for (;;) {
      const answers = this.#shared.get('answers');
      const got = receiveMessageOnPort(this.#port) as { message: Answered | Failed } | undefined;
      if (got?.message.id === id) return this.#replyOf(got.message);
      if (got) continue;
      const left = until - performance.now();
      if (left <= 0 || this.#shared.get('state') === STATE.closed) break;
      Atomics.wait(this.#shared.words, PLACE.answers, answers, left);
    }
    this.#shared.set('abandoned', id);
    if (this.#shared.get('state') === STATE.up) {
      this.#shared.down(`no answer within ${deadlineMs / 1000} s`);
    }
    return { connection: connection ?? 0, answer: null, error: new ConnectionLost(this.failure ?? '') };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#worker.postMessage('close');
    const until = performance.now() + CLOSE_MS;
    for (let state = this.#shared.get('state'); state !== STATE.closed; state = this.#shared.get('state')) {
      const left = until - performance.now();
      if (left <= 0) break;
      Atomics.wait(this.#shared.words, PLACE.state, state, left);
    }
    this.#port.close();
    void this.#worker.terminate();
  }

  #replyOf(message: Answered | Failed): Reply {
    const { connection } = message;
    if (!('code' in message)) return { connection, answer: message, error: null };
    return { connection, answer: null, error: this.#errorOf(message.message, message.code) };
  }

  #errorOf(message: string, code: string | null): Error {
    const away = (why: string): Error => new CatalogueUnavailable(`${this.#shown}: ${why}`);
    if (code === null) return new ConnectionLost(`${this.#shown}: ${message}`);
    if (code === '55P03') return away('another process has been writing for too long');
    if (code === '57014') return away('a statement took too long');
    if (code === INSUFFICIENT_PRIVILEGE) {
      return away(
        `${message}; its user needs USAGE and CREATE on the schema, and has to own the tables there`,
      );
    }
    return OF_THE_STATEMENT.test(code) ? new PostgresError(message, code) : away(message);
  }
}
