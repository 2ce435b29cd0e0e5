import {
  CatalogueUnavailable,
  type Database,
  type Row,
  type Statement,
  storable,
  type Value,
} from '../database.ts';
import { writeSqliteCopy } from '../transfer.ts';
import { addressOf } from './address.ts';
import { Bridge, ConnectionLost, type Reply } from './bridge.ts';
import { lockStatement, migratePostgres } from './migrations.ts';
import type { Answered, Query } from './protocol.ts';
import { numbered } from './statement-text.ts';

/** Writes that wait for the next question, so that a large file does not cost a round trip for each row. */
const PENDING = 500;
const PENDING_BYTES = 2 ** 20;
/** Rows that are fetched at once of a result of any size. */
const FETCH = 5000;
/** Texts that are planned once per connection; far more than the program has. */
const PLANNED = 500;

/**
 * Opens the catalogue of a schema, creating or upgrading its tables where needed.
 * @throws CatalogueUnavailable, CatalogueFileError
 */
export function openPostgres(location: string): PostgresDatabase {
  const address = addressOf(location);
  const bridge = new Bridge(address);
  try {
    bridge.open();
    migratePostgres(bridge, address);
    bridge.watch();
    return new PostgresDatabase(bridge, address.schema);
  } catch (error) {
    bridge.close();
    throw error;
  }
}

/** The transaction that runs, and the connection on which; null until its first question was asked. */
interface Running {
  connection: number | null;
  pending: Query[];
  bytes: number;
  /** After the first error nothing more is done in a transaction. */
  error: Error | null;
}

/** A schema of a PostgreSQL server. */
export class PostgresDatabase implements Database {
  readonly engine = 'postgresql';
  readonly #bridge: Bridge;
  readonly #lock: Query;
  readonly #planned = new Map<string, Query>();
  #running: Running | null = null;
  #cursors = 0;

  constructor(bridge: Bridge, schema: string) {
    this.#bridge = bridge;
    this.#lock = lockStatement(schema);
  }

  get failure(): string | null {
    return this.#bridge.failure;
  }

  prepare(sql: string): Statement {
    const planned = this.#plan(sql);
    const query = (values: Value[]): Query => ({ ...planned, values: values.map(storable) });
    return {
      all: (...values) => rowsOf(this.#ask(query(values))),
      get: (...values) => rowsOf(this.#ask(query(values)))[0],
      iterate: (...values) => this.#iterate(query(values)),
      run: (...values) => this.#put(query(values)),
    };
  }

  write<T>(work: () => T): T {
    // Read committed: what another process wrote before it let go of the lock is seen.
    return this.#transaction([{ text: 'BEGIN' }, this.#lock], work);
  }

  read<T>(work: () => T): T {
    if (this.#running) return work();
    return this.#transaction([{ text: 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' }], work);
  }

  mark(): number {
    return this.#bridge.mark;
  }

  copyTo(file: string): void {
    writeSqliteCopy(this, file);
  }

  close(): void {
    this.#bridge.close();
  }

  #plan(sql: string): Query {
    let query = this.#planned.get(sql);
    if (!query) {
      if (this.#planned.size >= PLANNED) throw new RangeError(`more than ${PLANNED} different statements`);
      query = { text: numbered(sql), name: `s${this.#planned.size}` };
      this.#planned.set(sql, query);
    }
    return query;
  }

  #transaction<T>(begin: Query[], work: () => T): T {
    if (this.#running) throw new Error('a transaction runs already');
    const running: Running = { connection: null, pending: begin, bytes: 0, error: null };
    this.#running = running;
    let ending = false;
    try {
      const result = work();
      ending = true;
      const { command } = this.#ask({ text: 'COMMIT' });
      if (command !== 'COMMIT') throw new Error('the transaction had failed before; nothing was written');
      return result;
    } catch (error) {
      // Where it began and the connection still stands, the server is told; otherwise it knows.
      if (running.connection !== null) this.#bridge.ask([{ text: 'ROLLBACK' }], running.connection);
      if (ending && error instanceof ConnectionLost) {
        throw new CatalogueUnavailable(`${error.message}; whether the change was written is not known`);
      }
      throw error;
    } finally {
      this.#running = null;
    }
  }

  #put(query: Query): void {
    const running = this.#running;
    if (!running) {
      this.#ask(query);
      return;
    }
    running.pending.push(query);
    running.bytes += bytesOf(query);
    if (running.pending.length >= PENDING || running.bytes >= PENDING_BYTES) this.#flush(running);
  }

  #ask(query: Query): Answered {
    const running = this.#running;
    if (!running) return answerOf(this.#bridge.ask([query], null));
    running.pending.push(query);
    return this.#flush(running);
  }

  #flush(running: Running): Answered {
    if (running.error) throw running.error;
    const queries = running.pending;
    running.pending = [];
    running.bytes = 0;
    const reply = this.#bridge.ask(queries, running.connection);
    running.connection ??= reply.connection;
    running.error = reply.error;
    return answerOf(reply);
  }

  *#iterate({ text, values = [] }: Query): Iterable<Row> {
    if (!this.#running) throw new Error('rows are read one by one only inside a transaction');
    const cursor = `c${++this.#cursors}`;
    this.#put({ text: `DECLARE ${cursor} NO SCROLL CURSOR FOR ${text}`, values });
    for (;;) {
      const rows = rowsOf(this.#ask({ text: `FETCH ${FETCH} FROM ${cursor}` }));
      yield* rows;
      if (rows.length < FETCH) break;
    }
    this.#put({ text: `CLOSE ${cursor}` });
  }
}

function answerOf({ answer, error }: Reply): Answered {
  if (!answer) throw error;
  return answer;
}

function rowsOf({ columns, rows }: Answered): Row[] {
  return rows.map((row) => {
    const out: Row = {};
    for (let i = 0; i < columns.length; i++) out[columns[i] as string] = row[i];
    return out;
  });
}

function bytesOf({ values = [] }: Query): number {
  let bytes = 0;
  for (const v of values) bytes += typeof v === 'string' || v instanceof Uint8Array ? v.length : 8;
  return bytes;
}
