import { createRoute, z } from '@hono/zod-openapi';
import type { LatestReadings } from '../../conservation/latest.ts';
import { streamOf } from '../csv.ts';
import { UserError } from '../deps.ts';
import { ProblemError, problemOf, unforeseen } from '../problem.ts';
import { ImportProgress } from '../schemas/readings.ts';
import { type Api, problems } from './common.ts';

// Under a type that says less: it is no JSON document, though its name ends like one.
const PROGRESS: Record<string, { schema: typeof ImportProgress }> = {
  'application/x-ndjson': { schema: ImportProgress },
};

/** Imports at a time, of all and of one person: each has up to 15,000 readings waiting for the journal. */
const MOST = 8;
const MOST_OF_ONE = 4;

export function addImport({ app, deps, latest }: Api): void {
  const running = new Map<string, number>();
  /** @returns how it is taken back */
  const taken = (who: string): (() => void) => {
    const own = running.get(who) ?? 0;
    const all = [...running.values()].reduce((sum, n) => sum + n, 0);
    if (all >= MOST || own >= MOST_OF_ONE) {
      const why = own >= MOST_OF_ONE ? `${own} imports of yours` : `${all} imports`;
      throw new ProblemError(503, `${why} are running: try again when one has ended`, undefined, {
        'retry-after': '10',
      });
    }
    running.set(who, own + 1);
    return () => {
      const left = (running.get(who) ?? 1) - 1;
      if (left > 0) running.set(who, left);
      else running.delete(who);
    };
  };
  app.openapi(
    createRoute({
      method: 'post',
      path: '/readings',
      tags: ['readings'],
      summary: 'Imports readings from CSV',
      description:
        'Columns meter,time,value with a header, of any length. The answer is one ImportProgress a line while ' +
        'the import runs; the last one has `done: true`. An import that fails half-way ends with a line ' +
        '`{"problem": …}`; what it had taken until then stays, and sending the file again adds nothing twice. Of ' +
        'whoever may write to a part of the meters, lines of others are refused and not kept.',
      request: {
        query: z.object({
          name: z
            .string()
            .max(200)
            .default('import')
            .openapi({ description: 'Of the file, to name its lines' }),
        }),
        body: {
          required: true,
          content: { 'text/csv': { schema: z.string().openapi({ example: 'meter,time,value\n' }) } },
        },
      },
      responses: {
        200: { description: 'Progress, a line each', content: PROGRESS },
        ...problems(400, 415, 422, 503),
      },
    }),
    async (c) => {
      if (!/^text\/csv\s*(;|$)/i.test(c.req.header('content-type') ?? '')) {
        throw new ProblemError(415, 'Content-Type: readings are taken as text/csv');
      }
      const { body } = c.req.raw;
      if (!body) throw new ProblemError(400, 'the body is empty: CSV with the columns meter,time,value');
      const estate = deps.estate();
      const mine = estate === deps.wholeEstate() ? null : estate;
      const identity = c.get('identity');
      const readings = deps.importReadings(body, c.req.valid('query').name, mine);
      const progress = until(readings, taken(identity?.kind === 'person' ? identity.id : ''));
      // A file that is no CSV of readings is refused as a whole, so the first word is waited for.
      const first = await progress.next();
      const failed = (error: unknown): ProblemError =>
        error instanceof UserError ? new ProblemError(422, error.message) : unforeseen(deps.log, c, error);
      const told = lines(first, progress, latest, deps.signal, failed);
      return new Response(
        streamOf(told, () => progress.return(undefined)),
        { headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' } },
      );
    },
  );
}

/** @param ended called once, however it ends */
async function* until<T>(items: AsyncIterable<T>, ended: () => void): AsyncGenerator<T, undefined> {
  try {
    yield* items;
  } finally {
    ended();
  }
}

async function* lines(
  first: IteratorResult<ImportProgress>,
  progress: AsyncIterator<ImportProgress>,
  latest: LatestReadings,
  stopping: AbortSignal,
  failed: (error: unknown) => ProblemError,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const line = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);
  const { promise: stopped, resolve: stop } = Promise.withResolvers<null>();
  const onStop = (): void => stop(null);
  stopping.addEventListener('abort', onStop, { once: true });
  if (stopping.aborted) onStop();
  let ended = false;
  try {
    let rows = 0;
    for (let next: IteratorResult<ImportProgress> | null = first; !next?.done; ) {
      if (next === null) {
        // Not waited for: it may be waiting for the rest of the file.
        ended = true;
        progress.return?.().catch(() => {});
        yield line({ problem: problemOf(interrupted(rows)) });
        return;
      }
      rows = next.value.rows;
      yield line(next.value);
      next = await Promise.race([progress.next(), stopped]);
    }
    ended = true;
  } catch (error) {
    ended = true;
    yield line({ problem: problemOf(failed(error)) });
  } finally {
    stopping.removeEventListener('abort', onStop);
    // The client has gone away: the import ends where it is.
    if (!ended) await progress.return?.();
    latest.invalidate();
  }
}

function interrupted(rows: number): ProblemError {
  return new ProblemError(
    503,
    `the server is stopping after it has read ${rows} rows; send the file again then, nothing is stored twice`,
  );
}
