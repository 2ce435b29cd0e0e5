import { createRoute } from '@hono/zod-openapi';
import { MICRO } from '../../domain/advance.ts';
import type { Verified } from '../../ledger/verify.ts';
import { streamOf } from '../csv.ts';
import { problemOf, unforeseen } from '../problem.ts';
import { VerifyProgress } from '../schemas/health.ts';
import type { Api } from './common.ts';

// Under a type that says less: it is no JSON document, though its name ends like one.
const PROGRESS: Record<string, { schema: typeof VerifyProgress }> = {
  'application/x-ndjson': { schema: VerifyProgress },
};

export function addVerify({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/verify',
      tags: ['operation'],
      summary: 'Computes all consumption again from the raw readings and compares it with what is stored',
      description: 'Changes nothing. One VerifyProgress a line; the last one has `done: true`.',
      responses: { 200: { description: 'Progress, a line each', content: PROGRESS } },
    }),
    (c) => {
      const encoder = new TextEncoder();
      const line = (value: unknown): Uint8Array => encoder.encode(`${JSON.stringify(value)}\n`);
      const shown = (state: Verified, done: boolean): VerifyProgress => {
        const { zone } = deps.wholeEstate();
        return {
          compared: state.compared,
          total: state.total,
          differing: state.differing,
          differences: state.differences.map(({ meter, level, start, stored, computed }) => ({
            meter,
            level,
            start: zone.iso(start),
            stored: stored && (stored.measured + stored.recovered + stored.estimated) / MICRO,
            computed: computed && (computed.measured + computed.recovered + computed.estimated) / MICRO,
          })),
          done,
        };
      };
      async function* lines(): AsyncGenerator<Uint8Array> {
        try {
          let last: Verified | null = null;
          for await (const state of deps.verify()) {
            last = state;
            yield line(shown(state, false));
          }
          yield line(shown(last ?? { compared: 0, total: 0, differing: 0, differences: [] }, true));
        } catch (error) {
          yield line({ problem: problemOf(unforeseen(deps.log, c, error)) });
        }
      }
      return new Response(streamOf(lines()), {
        headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' },
      });
    },
  );
}
