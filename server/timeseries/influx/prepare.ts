import type { InfluxConnection } from './connection.ts';
import { InfluxError, InfluxMismatch } from './error.ts';
import { LAYOUT, NOTE } from './lines.ts';

/**
 * Makes the database ready: 1.x gets it created, 2.x must have the bucket, 3.x creates it with the first
 * line. Then checks the layout that is noted in it, or notes ours.
 * @returns whether none was noted: nothing of ours was there
 * @throws InfluxMismatch where the server must not be used as it is, InfluxError where it cannot be yet
 */
export async function prepare(connection: InfluxConnection, version: string): Promise<{ isNew: boolean }> {
  const generation = Number.parseInt(version, 10);
  const { database, place } = connection;
  // A build of one's own calls itself `unknown` and the like; only a number tells a generation.
  if (!Number.isNaN(generation) && (generation < 1 || generation > 3)) {
    throw new InfluxMismatch(`${place} runs InfluxDB ${version}: 1.x, 2.x and 3.x are supported`, null);
  }
  let layout: number | null = null;
  try {
    layout = await noted(connection);
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (generation === 1) await create(connection);
    else if (generation === 2) {
      throw new InfluxError(
        `${(error as Error).message}. On 2.x the bucket must exist and be reachable by InfluxQL: ` +
          `influx bucket create --name ${database} --retention 0; influx v1 dbrp create --db ${database} --rp autogen --default --bucket-id ID`,
        null,
        error,
      );
    }
  }
  if (layout !== null && layout > LAYOUT) {
    throw new InfluxMismatch(
      `database ${database} at ${place} has layout ${layout}, this program knows ${LAYOUT}: use a newer jieneng`,
      null,
    );
  }
  if (generation === 1) await checkRetention(connection);
  if (layout === null) await connection.write('note of the layout', [NOTE]);
  return { isNew: layout === null };
}

async function noted(connection: InfluxConnection): Promise<number | null> {
  let layout: number | null = null;
  for await (const { columns, values } of connection.query(
    'SELECT "layout" FROM "jieneng" WHERE time >= 0ms AND time < 1ms',
  )) {
    const at = columns.indexOf('layout');
    for (const row of values) layout = Number(row[at]);
  }
  return layout;
}

function isMissing(error: unknown): boolean {
  return (
    error instanceof InfluxError &&
    /(database|bucket|dbrp).*not found|not found.*(database|bucket|dbrp)/i.test(error.message)
  );
}

/**
 * Long shards, as the server's own advice is for data kept for ever: a year of hours then opens five files
 * for each meter, not 52.
 */
async function create(connection: InfluxConnection): Promise<void> {
  await connection.run(`CREATE DATABASE "${connection.database}" WITH DURATION INF SHARD DURATION 90d`);
}

/** A policy that forgets would refuse older readings again and again, and the ledger would stand still. */
async function checkRetention(connection: InfluxConnection): Promise<void> {
  const { database, place } = connection;
  for await (const { columns, values } of connection.query(`SHOW RETENTION POLICIES ON "${database}"`)) {
    const [name, duration, standard] = ['name', 'duration', 'default'].map((c) => columns.indexOf(c));
    for (const row of values) {
      const kept = row[duration as number];
      if (row[standard as number] !== true || kept === '0s') continue;
      const policy = row[name as number];
      throw new InfluxMismatch(
        `database ${database} at ${place} forgets after ${kept}: ALTER RETENTION POLICY "${policy}" ON "${database}" DURATION INF`,
        null,
      );
    }
  }
}
