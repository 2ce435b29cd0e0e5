/**
 * The thread that holds the connection: the main thread asks and sleeps until the answer is there, so
 * nothing of the client may run on it. It also looks every second whether the database answers and whether
 * another process wrote, and connects again by itself.
 */
import { Socket } from 'node:net';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import pg from 'pg';
import {
  type Answered,
  type Ask,
  CONNECT_MS,
  type Failed,
  INSUFFICIENT_PRIVILEGE,
  LOCK_MS,
  type Query,
  Shared,
  STATE,
  STATEMENT_MS,
  type WorkerSettings,
} from './protocol.ts';

/** How often the database is looked at: a device whose credential another process revoked is cut off within a second. */
const LOOK_MS = 400;
/** A look that takes longer than this says that the database does not answer. */
const LOOK_LATE_MS = 4000;
/** A transaction whose process sleeps does not hold the write lock for ever. */
const IDLE_MS = 60_000;
const RETRY_MS = { first: 200, most: 5000 };
const OID = { bytea: 17, int8: 20, numeric: 1700 };

const settings = workerData as WorkerSettings & { port: MessagePort };
const { port } = settings;
const shared = new Shared(settings.memory);

let client: pg.Client | null = null;
let socket: Socket | null = null;
/** Number of the connection: a transaction ends with the one on which it began. */
let connection = 0;
let watching = false;
let looking = false;
/** While a question is answered its own deadline holds, and no other. */
let answering = false;
let closing = false;
let retryMs = RETRY_MS.first;

function parserOf(oid: number, format?: 'text' | 'binary'): (text: string) => unknown {
  if (oid === OID.int8 || oid === OID.numeric) return Number;
  const parse = pg.types.getTypeParser(oid, format as 'text') as (text: string) => unknown;
  // A copy of its own: a slice of the client's buffer would be sent with all of it.
  return oid === OID.bytea ? (text) => new Uint8Array(parse(text) as Buffer) : parse;
}

/** Each of them only grows, so that their sum is another one with every change. */
const REVISIONS =
  "SELECT sum(value::bigint) FROM setting WHERE name IN ('revision', 'device_revision', 'access_revision')";

/** SQLSTATEs by which what we look at is not ours to read any more: no right, no table, no schema. */
const MISSING = new Set([INSUFFICIENT_PRIVILEGE, '42P01', '3F000']);

type Result = pg.QueryArrayResult<unknown[]>;

async function connect(): Promise<void> {
  const own = new Socket();
  const next = new pg.Client({
    connectionString: settings.connectionString,
    application_name: 'jieneng',
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: STATEMENT_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: IDLE_MS,
    keepAlive: true,
    pipeline: true,
    stream: () => own,
    types: { getTypeParser: parserOf as typeof pg.types.getTypeParser },
  });
  next.on('error', (error) => lost(next, error.message));
  next.on('end', () => lost(next, 'the connection was closed'));
  try {
    await next.connect();
    await next.query(`SET search_path TO "${settings.schema}"`);
    // So that a database without our tables, or our rights, is not taken for one that answers.
    if (watching) await next.query(REVISIONS);
  } catch (error) {
    own.destroy();
    await next.end().catch(() => {});
    down(messageOf(error));
    return;
  }
  if (closing) return void (await next.end());
  client = next;
  socket = own;
  connection++;
  retryMs = RETRY_MS.first;
  shared.set('state', STATE.up);
}

/** The connection is of no use any more; what ran on it the server takes back. */
function lost(of: pg.Client, reason: string): void {
  if (client !== of) return;
  client = null;
  socket?.destroy();
  down(reason);
}

function down(reason: string): void {
  if (closing) return;
  const { secret } = settings;
  shared.down(secret === null ? reason : reason.replaceAll(secret, '…'));
  setTimeout(() => void connect(), retryMs);
  retryMs = Math.min(RETRY_MS.most, retryMs * 2);
}

async function answer({ id, queries, connection: on, deadlineMs }: Ask): Promise<void> {
  const of = client;
  if (!of || (on !== null && on !== connection)) {
    return reply({ id, connection, code: null, message: shared.reason || 'the connection was lost' });
  }
  const timer = setTimeout(
    () => lost(of, `the database did not answer within ${deadlineMs / 1000} s`),
    deadlineMs,
  );
  answering = true;
  const settled = await Promise.allSettled(queries.map((query) => ask(of, query)));
  answering = false;
  clearTimeout(timer);
  const wrong = settled.find((s) => s.status === 'rejected');
  if (wrong) {
    const code = wrong.reason instanceof pg.DatabaseError ? (wrong.reason.code ?? null) : null;
    // Where we gave the connection up, the client only knows that it is gone.
    const message = code === null && client !== of ? shared.reason : messageOf(wrong.reason);
    reply({ id, connection, code, message });
  } else {
    const last = settled.at(-1) as PromiseFulfilledResult<Result | Result[]>;
    // Several statements in one text have a result each.
    const { fields, rows, command } = [last.value].flat().at(-1) as Result;
    reply({ id, connection, columns: fields.map((f) => f.name), rows, command });
  }
  if (id <= shared.get('abandoned')) lost(of, 'an answer came too late');
}

function ask(of: pg.Client, { text, name, values }: Query): Promise<Result> {
  if (!values) return of.query({ text, rowMode: 'array' });
  return of.query({ text, values: [...values], rowMode: 'array', ...(name && { name }) });
}

function reply(message: Answered | Failed): void {
  port.postMessage(message);
  shared.set('answers', shared.get('answers') + 1);
}

async function look(): Promise<void> {
  const of = client;
  if (!of || looking || answering || !watching || of.getTransactionStatus() !== 'I') return;
  looking = true;
  const timer = setTimeout(
    () => lost(of, `the database did not answer within ${LOOK_LATE_MS / 1000} s`),
    LOOK_LATE_MS,
  );
  try {
    const { rows } = await ask(of, { text: REVISIONS });
    shared.set('mark', Number(rows[0]?.[0]));
  } catch (error) {
    // Locked, or the server is about to end; where it ended the connection says so.
    const passing = error instanceof pg.DatabaseError && !MISSING.has(error.code ?? '');
    if (!passing) lost(of, messageOf(error));
  } finally {
    clearTimeout(timer);
    looking = false;
  }
}

function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join(', ');
  return error instanceof Error ? error.message : String(error);
}

// The main thread may be asleep, waiting for this one.
process.on('uncaughtExceptionMonitor', (error) => {
  shared.down(`its thread ended: ${messageOf(error)}`);
  shared.set('state', STATE.closed);
  shared.set('answers', shared.get('answers') + 1);
});
port.on('message', (asked: Ask) => void answer(asked));
parentPort?.on('message', (what: 'watch' | 'close') => {
  if (what === 'watch') watching = true;
  else void close();
});
const every = setInterval(() => void look(), LOOK_MS);

async function close(): Promise<void> {
  closing = true;
  clearInterval(every);
  const of = client;
  client = null;
  await of?.end().catch(() => {});
  socket?.destroy();
  port.close();
  parentPort?.close();
  shared.set('state', STATE.closed);
}

await connect();
