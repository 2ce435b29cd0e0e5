import { createRoute, z } from '@hono/zod-openapi';
import { quantityUnit } from '../../domain/consumption.ts';
import type { Estate } from '../../domain/estate.ts';
import { ExchangeError, withCeiling, withExchange, withoutExchange } from '../../domain/exchange.ts';
import { epochAt, type Meter } from '../../domain/meter.ts';
import { StatementError, withEstimate, withManual, withoutStatement } from '../../domain/statement.ts';
import { effectOf } from '../../ledger/inspect.ts';
import { authorOf } from '../authorise.ts';
import type { HttpDeps } from '../deps.ts';
import { badField } from '../problem.ts';
import { instantOf, meterOf } from '../query.ts';
import {
  CeilingBody,
  Effect,
  EstimateBody,
  ExchangeBody,
  ManualBody,
  Statements,
  WithdrawBody,
} from '../schemas/ledger.ts';
import { quantityOf } from '../shapes/ledger.ts';
import { type Api, problems } from './common.ts';

/** Hours before and after the instant that an effect shows. */
const AROUND_MS = 36 * 3_600_000;
/** Programs of the operator that do not say who they are. */
const NOBODY = 'http';

const Id = z.object({ id: z.string() });
const Preview = z.object({
  preview: z
    .enum(['true', 'false'])
    .default('false')
    .openapi({ description: 'true: tells the effect and writes nothing down' }),
});

const effect = {
  200: {
    description: 'What it does to the consumption',
    content: { 'application/json': { schema: Effect } },
  },
  ...problems(400, 404, 413, 415),
};
const json = <S extends z.ZodType>(schema: S) => ({
  body: { content: { 'application/json': { schema } }, required: true },
});

/** What people write down about a meter after the fact: exchanges, ceilings, readings by eye, estimates. */
export function addStatements({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/meters/{id}/exchanges',
      tags: ['meters'],
      summary: 'Records an exchange of a meter, or of its transformers, and computes the past again',
      request: { params: Id, query: Preview, ...json(ExchangeBody) },
      responses: effect,
    }),
    async (c) => {
      const body = c.req.valid('json');
      const at = instant(deps, 'at', body.at);
      const by = authorOf(c, body.recorded_by ?? NOBODY);
      const input = {
        at,
        final: body.final,
        initial: body.initial,
        multiplier: body.multiplier,
        rolloverAt: body.rollover_at,
        maxRate: body.max_rate,
        continues: body.continues,
        note: body.note,
        recordedBy: by,
        recordedAt: deps.now(),
      };
      const change = (meter: Meter): Meter => withExchange(meter, input);
      return c.json(
        await changed(deps, c.req.valid('param').id, c.req.valid('query'), change, at, (id) =>
          deps.catalogue.changeEpochs(id, change, by, 'exchange'),
        ),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/meters/{id}/exchanges',
      tags: ['meters'],
      summary: 'Takes back an exchange that was recorded wrongly',
      request: {
        params: Id,
        query: Preview.extend({ at: z.string(), recorded_by: z.string().max(100).optional() }),
      },
      responses: effect,
    }),
    async (c) => {
      const query = c.req.valid('query');
      const by = authorOf(c, query.recorded_by ?? NOBODY);
      const at = instant(deps, 'at', query.at);
      const change = (meter: Meter): Meter => withoutExchange(meter, at);
      return c.json(
        await changed(deps, c.req.valid('param').id, query, change, at, (id) =>
          deps.catalogue.changeEpochs(id, change, by, 'exchange taken back'),
        ),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/meters/{id}/ceiling',
      tags: ['meters'],
      summary: 'Says how much a meter can count per hour at most; null: nobody knows',
      request: {
        params: Id,
        query: Preview.extend({
          at: z.string().optional().openapi({ description: 'In which epoch; without it the one in force' }),
        }),
        ...json(CeilingBody),
      },
      responses: effect,
    }),
    async (c) => {
      const query = c.req.valid('query');
      const { max_rate, recorded_by = NOBODY } = c.req.valid('json');
      const by = authorOf(c, recorded_by);
      const at = query.at === undefined ? deps.now() : instant(deps, 'at', query.at);
      const change = (meter: Meter): Meter => {
        const epoch = epochAt(meter, at);
        if (!epoch) throw new ExchangeError('at', 'no device was there');
        return withCeiling(meter, epoch.from, max_rate);
      };
      return c.json(
        await changed(deps, c.req.valid('param').id, query, change, at, (id) =>
          deps.catalogue.changeEpochs(id, change, by, 'ceiling'),
        ),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/meters/{id}/manual-readings',
      tags: ['meters'],
      summary: 'Enters a register that was read by eye',
      request: { params: Id, query: Preview, ...json(ManualBody) },
      responses: effect,
    }),
    async (c) => {
      const { value, reason, recorded_by, ...body } = c.req.valid('json');
      const time = instant(deps, 'time', body.time);
      const input = { time, value, reason, recordedBy: authorOf(c, recorded_by) };
      return c.json(
        await changed(
          deps,
          c.req.valid('param').id,
          c.req.valid('query'),
          (meter) => withManual(meter, input, deps.now()),
          time,
          (id) => deps.catalogue.addManual(id, input),
        ),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/meters/{id}/estimates',
      tags: ['meters'],
      summary: 'Enters what was used in a time of which no meter tells',
      description: 'It counts only where nothing is known, now or later.',
      request: { params: Id, query: Preview, ...json(EstimateBody) },
      responses: effect,
    }),
    async (c) => {
      const { quantity, reason, recorded_by, ...body } = c.req.valid('json');
      const from = instant(deps, 'from', body.from);
      const to = instant(deps, 'to', body.to);
      const input = { from, to, quantity, reason, recordedBy: authorOf(c, recorded_by) };
      return c.json(
        await changed(
          deps,
          c.req.valid('param').id,
          c.req.valid('query'),
          (meter) => withEstimate(meter, input, deps.now()),
          from,
          (id) => deps.catalogue.addEstimate(id, input),
        ),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/meters/{id}/statements/{no}/withdraw',
      tags: ['meters'],
      summary: 'Takes back a reading by eye or an estimate; it stays in the list',
      request: {
        params: Id.extend({ no: z.coerce.number().int().min(1) }),
        query: Preview,
        ...json(WithdrawBody),
      },
      responses: effect,
    }),
    async (c) => {
      const { id, no } = c.req.valid('param');
      const { reason, recorded_by } = c.req.valid('json');
      const by = authorOf(c, recorded_by);
      const meter = meterOf(deps.estate(), id);
      const at =
        meter.manual.find((m) => m.no === no)?.time ??
        meter.estimates.find((e) => e.no === no)?.from ??
        deps.now();
      return c.json(
        await changed(
          deps,
          id,
          c.req.valid('query'),
          (m) => withoutStatement(m, no),
          at,
          () => deps.catalogue.withdraw(id, no, { reason, recordedBy: by }),
        ),
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/meters/{id}/statements',
      tags: ['meters'],
      summary: 'What people stated about a meter, withdrawn or not',
      request: { params: Id },
      responses: {
        200: { description: 'Statements', content: { 'application/json': { schema: Statements } } },
        ...problems(404),
      },
    }),
    (c) => {
      const { zone } = deps.estate();
      const meter = meterOf(deps.estate(), c.req.valid('param').id);
      const statements = deps.catalogue.statements(meter.id).map((s) => ({
        no: s.no,
        kind: s.kind,
        from: zone.iso(s.from),
        to: s.to === null ? null : zone.iso(s.to),
        value: s.value,
        quantity: s.quantity,
        reason: s.reason,
        recorded_by: s.recordedBy,
        recorded_at: zone.iso(s.recordedAt),
        withdrawn: s.withdrawn && { ...s.withdrawn, at: zone.iso(s.withdrawn.at) },
      }));
      return c.json({ meter: meter.id, unit: quantityUnit(meter), statements }, 200);
    },
  );
}

/**
 * Tells what a change does, and makes it unless it is a preview. The answer comes when the past is computed
 * again, or after a few seconds where the server has much else to do.
 */
async function changed(
  deps: HttpDeps,
  id: string,
  query: z.infer<typeof Preview>,
  change: (meter: Meter) => Meter,
  at: number,
  save: (id: string) => unknown,
): Promise<Effect> {
  const estate = deps.estate();
  const meter = meterOf(estate, id);
  const after = meant(() => change(meter));
  const found = await effectOf(deps.timeseries, estate, meter, after, {
    from: estate.zone.startOf('hour', at - AROUND_MS),
    to: at + AROUND_MS,
  });
  const saved = query.preview !== 'true';
  if (saved) {
    meant(() => save(id));
    await deps.settled();
  }
  return effectShape(estate, meter, found, saved);
}

function effectShape(
  { zone }: Estate,
  meter: Meter,
  found: Awaited<ReturnType<typeof effectOf>>,
  saved: boolean,
): Effect {
  const moved = (m: (typeof found.months)[number]): Effect['months'][number] => ({
    start: zone.iso(m.start),
    before: quantityOf(meter, m.before),
    after: quantityOf(meter, m.after),
  });
  return {
    meter: meter.id,
    unit: quantityUnit(meter),
    saved,
    before: quantityOf(meter, found.before),
    after: quantityOf(meter, found.after),
    months: found.months.map(moved),
    hours: found.hours.map(moved),
  };
}

/** What the domain refuses is a fault of the request that names its field. */
function meant<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ExchangeError || error instanceof StatementError) {
      throw badField(error.path, error.message);
    }
    throw error;
  }
}

function instant(deps: HttpDeps, field: string, text: string): number {
  return instantOf(deps.estate(), field, text);
}
