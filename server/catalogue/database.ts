/** What can be stored in a column; truth is 0 or 1, time is epoch ms. */
export type Value = null | number | string | Uint8Array;
export type Row = Record<string, unknown>;

/** A statement in the SQL that both engines understand, its parameters written `?`. */
export interface Statement {
  all(...values: Value[]): Row[];
  get(...values: Value[]): Row | undefined;
  /** The rows one by one, for results of any size; only inside `read` or `write`. */
  iterate(...values: Value[]): Iterable<Row>;
  /**
   * Writes; only inside `write`. What is wrong with it may be thrown by a later statement, at the latest by
   * the end of the transaction.
   */
  run(...values: Value[]): void;
}

/** The relational store under the repositories of the catalogue: a file, or a schema of a PostgreSQL server. */
export interface Database {
  readonly engine: 'sqlite' | 'postgresql';
  /** Why it cannot be asked at present; null: it can. */
  readonly failure: string | null;
  prepare(sql: string): Statement;
  /**
   * Runs `work` holding the write lock from its start, so that what it read is still true when it writes.
   * Commits what it did, or rolls everything back and throws its error again.
   */
  write<T>(work: () => T): T;
  /** Runs `work` on one state of the store; inside a transaction, in that one. */
  read<T>(work: () => T): T;
  /** Another number than before once another process may have written. Costs next to nothing, throws nothing. */
  mark(): number;
  /** Writes a consistent copy, as an SQLite file whatever the engine, to a file that does not exist yet. */
  copyTo(file: string): void;
  close(): void;
}

/** The store does not answer, or not in time; nothing was changed unless the message says otherwise. */
export class CatalogueUnavailable extends Error {
  override readonly name = 'CatalogueUnavailable';
}

/** A text that not every engine can keep. */
export class CatalogueTextError extends Error {
  override readonly name = 'CatalogueTextError';
}

/** The value, if every engine can keep it: PostgreSQL has no text with U+0000. @throws CatalogueTextError */
export function storable(value: Value): Value {
  if (typeof value === 'string' && value.includes('\0')) {
    throw new CatalogueTextError(
      `a text cannot hold the character U+0000: ${JSON.stringify(value.slice(0, 40))}`,
    );
  }
  return value;
}
