import { createRoute, z } from '@hono/zod-openapi';
import type { Meter } from '../../domain/meter.ts';
import { type Epoch, epochAt } from '../../domain/meter.ts';
import { FLAG } from '../../domain/reading.ts';
import type { Zone } from '../../domain/time.ts';
import { judgedOf } from '../../ledger/inspect.ts';
import type { TimeSeries } from '../../timeseries/port.ts';
import { csvNumber, csvResponse, csvText } from '../csv.ts';
import { badField } from '../problem.ts';
import { meterOf, rangeOf, time } from '../query.ts';
import { Readings } from '../schemas/readings.ts';
import { pointShape } from '../shapes/ledger.ts';
import { type Api, problems } from './common.ts';

export const READING_COLUMNS = 'meter,time,value';
const PAGE = 10_000;
const JSON_ROWS = 200_000;
const METERS = 10_000;

const Query = z.object({
  meter: z
    .union([z.string().min(1), z.array(z.string().min(1)).max(METERS)])
    .openapi({ description: 'Id of a meter; may be repeated for CSV' }),
  from: time,
  to: time,
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(JSON_ROWS)
    .default(JSON_ROWS)
    .openapi({ description: 'For JSON' }),
  format: z.enum(['json', 'csv']).default('json'),
});

export function addReadings({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/readings',
      tags: ['readings'],
      summary: 'Raw readings, as the registers showed them',
      description:
        'In order of time, from ≤ time < to. As CSV all of them, in the form in which POST /readings takes them.',
      request: { query: Query },
      responses: {
        200: {
          description: `Readings; as CSV with the columns ${READING_COLUMNS}`,
          content: { 'application/json': { schema: Readings }, 'text/csv': { schema: z.string() } },
        },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const estate = deps.estate();
      const ids = typeof query.meter === 'string' ? [query.meter] : query.meter;
      const meters = ids.map((id) => meterOf(estate, id));
      const { from, to } = rangeOf(estate, query);
      const { zone } = estate;
      if (query.format === 'csv') {
        const name = `readings-${meters[0]?.id ?? 'none'}-${zone.iso(from).slice(0, 10)}`;
        return csvResponse(name, READING_COLUMNS, lines(deps.timeseries, zone, meters, from, to));
      }
      const [meter] = meters;
      if (!meter || meters.length > 1) throw badField('meter', 'one, or ask for format=csv');
      const found = await deps.timeseries.readings([meter.no], from, to, query.limit + 1);
      const more = found.length > query.limit;
      const until = more ? (found[query.limit]?.time ?? to) : to;
      const flags = new Map(found.map((f) => [f.time, f.flags]));
      const judged = await judgedOf(deps.timeseries, meter, from, until);
      const epoch = epochAt(meter, to - 1) ?? (meter.epochs[meter.epochs.length - 1] as Epoch);
      return c.json(
        {
          meter: meter.id,
          unit: meter.unit,
          multiplier: epoch.multiplier,
          from: zone.iso(from),
          to: zone.iso(to),
          more,
          rows: judged.map((j) => ({
            time: zone.iso(j.time),
            value: j.value,
            arrival_time: ((flags.get(j.time) ?? 0) & FLAG.arrivalTime) !== 0,
            imported: ((flags.get(j.time) ?? 0) & FLAG.imported) !== 0,
            manual: j.manual,
            verdict: j.verdict,
            previous: pointShape(zone, j.previous),
            next: pointShape(zone, j.next),
          })),
        },
        200,
      );
    },
  );
}

/** Page after page, so that any number of readings needs the memory of one page. */
async function* lines(
  timeseries: TimeSeries,
  zone: Zone,
  meters: readonly Meter[],
  from: number,
  to: number,
): AsyncGenerator<string> {
  for (const meter of meters) {
    const id = csvText(meter.id);
    for (let at = from; at < to; ) {
      const page = await timeseries.readings([meter.no], at, to, PAGE);
      yield page.map((r) => `${id},${zone.iso(r.time)},${csvNumber(r.value)}\n`).join('');
      if (page.length < PAGE) break;
      at = (page[page.length - 1]?.time ?? to) + 1;
    }
  }
}
