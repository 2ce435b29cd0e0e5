import type { DuckDBConnection } from '@duckdb/node-api';
import { fetchTable } from './fetch.ts';
import { ROLLUP_TABLES } from './tables.ts';

/**
 * Since 2 `newest` may be behind `readings`, since 3 the open periods are in no table of their level; an older
 * program knows neither.
 */
export const DUCKDB_LAYOUT = 3;
const LAYOUT = DUCKDB_LAYOUT;

/** What changed of the open periods, packed; the first row may be all of them at once. */
const OPEN_PERIODS = 'CREATE TABLE IF NOT EXISTS open_periods (version BIGINT, changes BLOB);';

// No index anywhere: the min/max of each row group finds rows by time, and in ended stretches by meter, too; an
// index over a hundred million rows would not fit into memory.
const TABLES = `
CREATE TABLE meta (name VARCHAR, value BIGINT);
CREATE TABLE readings (meter UINTEGER, time BIGINT, value DOUBLE, flags UTINYINT);
-- The newest reading of each meter as of so many rows of readings, so that nobody has to look through all of them
-- at start. Kept up with every hand-over it would be a quarter of what is written.
CREATE TABLE newest (meter UINTEGER, time BIGINT, value DOUBLE, flags UTINYINT);
${OPEN_PERIODS}
${ROLLUP_TABLES.map(
  (t) =>
    `CREATE TABLE ${t} (meter UINTEGER, start BIGINT, measured BIGINT, recovered BIGINT, estimated BIGINT, covered BIGINT);`,
).join('\n')}
INSERT INTO meta VALUES ('layout', ${LAYOUT}), ('cursor', 0), ('newest', 0);
`;

/** The single numbers that the file keeps, by name. */
export type Meta = ReadonlyMap<string, number>;

/**
 * Makes the tables of a new file, and of an older one what it does not have.
 * @param file for the error
 * @throws when a newer program wrote it
 */
export async function laidOut(c: DuckDBConnection, file: string): Promise<Meta> {
  const hasMeta = await fetchTable(c, "SELECT 1 FROM information_schema.tables WHERE table_name = 'meta'");
  if (hasMeta.length === 0) await atomically(c, () => c.run(TABLES));
  const meta = new Map((await fetchTable(c, 'SELECT name, value::DOUBLE FROM meta')) as [string, number][]);
  const layout = meta.get('layout') ?? 0;
  if (layout > LAYOUT) {
    throw new Error(`${file} has layout ${layout}, this program knows ${LAYOUT}: use a newer jieneng`);
  }
  if (layout < LAYOUT) {
    await atomically(c, async () => {
      // The first kept the newest up with every hand-over.
      if (layout < 2) await c.run("INSERT INTO meta SELECT 'newest', count(*) FROM readings");
      // What the second has of open periods is in the tables, and stays there until the next period begins.
      await c.run(OPEN_PERIODS);
      await c.run(`UPDATE meta SET value = ${LAYOUT} WHERE name = 'layout'`);
    });
    if (layout < 2) return laidOut(c, file);
  }
  return meta;
}

/** One transaction. */
export async function atomically(c: DuckDBConnection, work: () => Promise<unknown>): Promise<void> {
  await c.run('BEGIN');
  try {
    await work();
    await c.run('COMMIT');
  } catch (error) {
    await c.run('ROLLBACK').catch(() => {});
    throw error;
  }
}
