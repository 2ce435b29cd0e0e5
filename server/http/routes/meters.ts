import { createRoute, z } from '@hono/zod-openapi';
import { type MeterStatus, meterStatus } from '../../conservation/meters.ts';
import type { Estate } from '../../domain/estate.ts';
import type { Epoch } from '../../domain/meter.ts';
import { FLAG } from '../../domain/reading.ts';
import { meterOf, nodeId, nodeOf } from '../query.ts';
import { MeterInfo, MeterList } from '../schemas/meters.ts';
import { ceilingShape, epochShape } from '../shapes/ledger.ts';
import { type Api, problems } from './common.ts';

export function addMeters({ app, deps, latest }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/meters',
      tags: ['meters'],
      summary: 'Meters at a node and below it, with their last reading and their last 7 days',
      request: { query: z.object({ node: nodeId.optional() }) },
      responses: {
        200: { description: 'Meters', content: { 'application/json': { schema: MeterList } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const { node } = c.req.valid('query');
      const estate = deps.estate();
      const meters = node === undefined ? estate.meters : estate.metersBelow(nodeOf(estate, node).id);
      const now = deps.now();
      const found = await meterStatus(deps.timeseries, estate, meters, await latest.all(), now);
      return c.json({ now: estate.zone.iso(now), meters: found.map((m) => meterInfo(estate, m)) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/meters/{id}',
      tags: ['meters'],
      summary: 'One meter',
      request: { params: z.object({ id: z.string() }) },
      responses: {
        200: { description: 'The meter', content: { 'application/json': { schema: MeterInfo } } },
        ...problems(404),
      },
    }),
    async (c) => {
      const estate = deps.estate();
      const meter = meterOf(estate, c.req.valid('param').id);
      const known = await latest.all();
      const [found] = await meterStatus(deps.timeseries, estate, [meter], known, deps.now());
      return c.json(meterInfo(estate, found as MeterStatus), 200);
    },
  );
}

function meterInfo(estate: Estate, { meter, state, last, days }: MeterStatus): MeterInfo {
  const { zone } = estate;
  // An upstream meter of somebody else's part of the tree is not named.
  const up = meter.parent !== null && (estate.meter(meter.parent) ?? estate.virtual(meter.parent));
  return {
    id: meter.id,
    name: meter.name,
    node: meter.node,
    carrier: meter.carrier,
    item: meter.item,
    parent: up ? up.id : null,
    register: meter.register,
    unit: meter.unit,
    interval_s: meter.intervalS,
    multiplier: (meter.epochs[meter.epochs.length - 1] as Epoch).multiplier,
    epochs: meter.epochs.map((e) => epochShape(zone, e)),
    direction: meter.direction,
    volatile: meter.volatile,
    ceiling: ceilingShape(zone, meter, meter.epochs[meter.epochs.length - 1] as Epoch),
    state,
    last: last && {
      time: zone.iso(last.time),
      value: last.value,
      arrival_time: (last.flags & FLAG.arrivalTime) !== 0,
    },
    days: days.map((d) => ({ ...d, start: zone.iso(d.start) })),
  };
}
