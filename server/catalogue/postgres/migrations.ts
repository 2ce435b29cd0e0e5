import { CatalogueUnavailable } from '../database.ts';
import { APPLICATION_ID, CatalogueFileError } from '../migrations.ts';
import { MIGRATIONS } from '../schema.ts';
import type { Address } from './address.ts';
import type { Bridge } from './bridge.ts';
import type { Answered, Query } from './protocol.ts';
import { ACCOUNTS, AUDIT, BASE, DEVICES } from './schema.ts';

/** A step of the schema: to which version it leads, and how. */
export interface Step {
  to: number;
  sql: string;
}

/**
 * As `MIGRATIONS` in the other dialect, under the same version numbers: an entry that was released is never
 * edited. The first makes what SQLite's first six make, for PostgreSQL came with them.
 */
export const POSTGRES_MIGRATIONS: readonly Step[] = [
  { to: 6, sql: BASE },
  { to: 7, sql: DEVICES },
  { to: 8, sql: AUDIT },
  { to: 9, sql: ACCOUNTS },
];

/** Named for what it marks: a schema with tables but without this one is not ours. */
const MARKER = 'jieneng_catalogue';
/** Building an index on a large book takes its time. */
const MIGRATE_MS = 10 * 60_000;

/** Makes whoever writes, or upgrades, wait for the one before, until the transaction ends. */
export function lockStatement(schema: string): Query {
  return { text: `SELECT pg_advisory_xact_lock(${APPLICATION_ID}, hashtext('${schema}'))` };
}

/**
 * Brings a schema to the newest version, once: of several processes the first does it and the others wait.
 * @throws CatalogueFileError when it is another program's, or a newer one's; nothing was written to it then
 */
export function migratePostgres(
  bridge: Bridge,
  address: Address,
  steps: readonly Step[] = POSTGRES_MIGRATIONS,
): void {
  const { shown, schema } = address;
  const newest = steps.at(-1)?.to ?? 0;
  let connection: number | null = null;
  const ask = (...queries: Query[]): Answered => {
    const reply = bridge.ask(queries, connection, MIGRATE_MS);
    connection = reply.connection;
    if (!reply.answer) throw reply.error;
    return reply.answer;
  };
  const [encoding] = ask({ text: 'SHOW server_encoding' }).rows;
  if (encoding?.[0] !== 'UTF8') {
    throw new CatalogueFileError(`${shown}: its encoding is ${String(encoding?.[0])}, it must be UTF8`);
  }
  if (versionOf(ask, address, newest) === newest) return;
  ask({ text: `BEGIN; SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = ${MIGRATE_MS}` });
  try {
    ask(lockStatement(schema));
    const version = versionOf(ask, address, newest);
    if (version === 0) {
      // `IF NOT EXISTS` asks for the right to make one even where it is there.
      const values = [schema];
      const there = ask({ text: 'SELECT 1 FROM pg_namespace WHERE nspname = $1', values }).rows.length > 0;
      if (!there) ask({ text: `CREATE SCHEMA "${schema}"` });
      ask({ text: `CREATE TABLE ${MARKER} (version integer NOT NULL); INSERT INTO ${MARKER} VALUES (0)` });
    }
    for (const step of steps.filter(({ to }) => to > version)) {
      ask({ text: step.sql });
      ask({ text: `UPDATE ${MARKER} SET version = ${step.to}` });
    }
    ask({ text: 'COMMIT' });
  } catch (error) {
    bridge.ask([{ text: 'ROLLBACK' }], connection);
    if (error instanceof CatalogueFileError || error instanceof CatalogueUnavailable) throw error;
    throw new CatalogueFileError(`${shown}: cannot be prepared: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** @returns 0 where nothing is yet. @throws CatalogueFileError */
function versionOf(
  ask: (...queries: Query[]) => Answered,
  { schema, shown }: Address,
  known: number,
): number {
  const values = [schema];
  const { rows } = ask({ text: 'SELECT tablename FROM pg_tables WHERE schemaname = $1', values });
  const tables = rows.map(([name]) => name);
  if (tables.length === 0) return 0;
  if (!tables.includes(MARKER)) {
    throw new CatalogueFileError(
      `${shown}: holds tables of another program and no jieneng catalogue; name a schema of its own with ?schema=NAME`,
    );
  }
  const version = Number(ask({ text: `SELECT version FROM ${MARKER}` }).rows[0]?.[0]);
  if (version > known) {
    throw new CatalogueFileError(
      `${shown}: has schema version ${version}, this program knows versions up to ${known}; use the newer program`,
    );
  }
  return version;
}

/** Both dialects end in the same version, so that a copy of one can be read into the other. */
if (POSTGRES_MIGRATIONS.at(-1)?.to !== MIGRATIONS.length) {
  throw new Error(`PostgreSQL's migrations end before SQLite's ${MIGRATIONS.length}`);
}
