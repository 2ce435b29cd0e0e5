/** Where a catalogue is kept on a PostgreSQL server. */
export interface Address {
  /** For the client; with the password, so it is never shown. */
  connectionString: string;
  /** The schema that holds the tables: several estates can share a database. */
  schema: string;
  /** For messages and logs: without the password. */
  shown: string;
  /** What must not be shown, also where a message of another program quotes it. */
  secret: string | null;
}

export const PROTOCOLS = ['postgres', 'postgresql'] as const;
/** What PostgreSQL takes without quotes, so that every tool names it alike. */
const SCHEMA = /^[a-z_][a-z0-9_]{0,62}$/;

export function isPostgres(location: string): boolean {
  return PROTOCOLS.some((p) => location.startsWith(`${p}://`));
}

/**
 * Reads an address such as `postgres://user:password@host:5432/database?schema=estate&sslmode=verify-full`;
 * what follows `?` beside `schema` is the client's.
 * @throws RangeError that does not repeat the address, which may hold a password
 */
export function addressOf(location: string): Address {
  if (!isPostgres(location) || !URL.canParse(location)) {
    throw new RangeError('must be the address of a PostgreSQL database, postgres://user@host/database');
  }
  const url = new URL(location);
  const schema = url.searchParams.get('schema') ?? 'public';
  if (!SCHEMA.test(schema)) {
    throw new RangeError('schema must be 1 to 63 of a–z 0–9 _, not beginning with a digit');
  }
  url.searchParams.delete('schema');
  const password = url.password || url.searchParams.get('password');
  const host = url.searchParams.get('host') ?? url.host;
  return {
    connectionString: url.href,
    schema,
    shown: `postgres://${host}${url.pathname}${schema === 'public' ? '' : ` schema ${schema}`}`,
    secret: password ? decodeURIComponent(password) : null,
  };
}
