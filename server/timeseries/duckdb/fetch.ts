import type { DuckDBConnection } from '@duckdb/node-api';

/** The number that a column of the result has in the row at hand. */
export type NumberAt = (column: number) => number;

/** The rows of a query whose columns are all numbers, made without an array in between. */
export async function fetchRows<T>(c: DuckDBConnection, sql: string, row: (at: NumberAt) => T): Promise<T[]> {
  const out: T[] = [];
  for (const chunk of await (await c.run(sql)).fetchAllChunks()) {
    const vectors = Array.from({ length: chunk.columnCount }, (_, i) => chunk.getColumnVector(i));
    let k = 0;
    const at: NumberAt = (column) => vectors[column]?.getItem(k) as number;
    for (; k < chunk.rowCount; k++) out.push(row(at));
  }
  return out;
}

/** All rows of a query, of any types. */
export async function fetchTable(c: DuckDBConnection, sql: string): Promise<unknown[][]> {
  return (await c.runAndReadAll(sql)).getRows();
}
