import { createRoute, z } from '@hono/zod-openapi';
import { type Consumed, consumptionOf, rowLimit } from '../../conservation/consumption.ts';
import { meterSeries, nodeSeries, type Series, virtualSeries } from '../../conservation/series.ts';
import type { Estate } from '../../domain/estate.ts';
import type { Zone } from '../../domain/time.ts';
import { csvNumber, csvResponse, csvText } from '../csv.ts';
import { ProblemError } from '../problem.ts';
import { meterOf, nodeId, nodeOf, rangeOf, time } from '../query.ts';
import { CarrierName, LevelName } from '../schemas/common.ts';
import { Consumption, type ConsumptionRow } from '../schemas/consumption.ts';
import { type Api, problems } from './common.ts';

export const CONSUMPTION_COLUMNS = 'id,start,quantity,unit,measured,recovered,estimated,completeness';
/** A JSON answer is one text in memory on both sides; CSV is sent piece by piece. */
const JSON_ROWS = 200_000;
const METERS = 10_000;

const Query = z.object({
  node: nodeId.optional(),
  meter: z
    .union([z.string().min(1), z.array(z.string().min(1)).max(METERS)])
    .optional()
    .openapi({ description: 'Id of a meter, real or virtual; may be repeated. Without node and meter: all' }),
  carrier: CarrierName.optional().openapi({ description: 'Only this one; without it all that the node has' }),
  by: LevelName.default('day'),
  from: time,
  to: time,
  format: z.enum(['json', 'csv']).default('json'),
});

export function addConsumption({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/consumption',
      tags: ['consumption'],
      summary: 'What meters, or a node, used by hour, day, month or year',
      description:
        'One row per meter (or node and carrier) and period. Every period that overlaps [from, to) is there, ' +
        'and it is whole: from and to choose periods, they do not cut them. A period with nothing known has ' +
        'null, never 0. A node is the sum of its outermost meters, less what is fed back; a ' +
        'temperature is averaged. A difference of meters is known where all of them are.',
      request: { query: Query },
      responses: {
        200: {
          description: `Rows; as CSV with the columns ${CONSUMPTION_COLUMNS}`,
          content: { 'application/json': { schema: Consumption }, 'text/csv': { schema: z.string() } },
        },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const estate = deps.estate();
      const { zone } = estate;
      const series = seriesAsked(estate, query);
      const { from, to } = rangeOf(estate, query);
      const chunks = consumptionOf(deps.timeseries, zone, series, query.by, from, to);
      if (query.format === 'csv') {
        const name = `consumption-${series[0]?.id ?? 'none'}-${query.by}-${zone.iso(from).slice(0, 10)}`;
        return csvResponse(name, CONSUMPTION_COLUMNS, lines(zone, chunks));
      }
      const rows = rowLimit(series.length, query.by, from, to);
      if (rows > JSON_ROWS) {
        throw new ProblemError(
          400,
          `up to ${rows} rows, a JSON answer has at most ${JSON_ROWS}: ask for format=csv, a shorter time or a longer period`,
          [{ path: 'to', message: 'too many rows' }],
        );
      }
      const out: ConsumptionRow[] = [];
      for await (const chunk of chunks) for (const row of chunk) out.push(rowOf(zone, row));
      return c.json({ by: query.by, from: zone.iso(from), to: zone.iso(to), rows: out }, 200);
    },
  );
}

function seriesAsked(estate: Estate, query: z.infer<typeof Query>): Series[] {
  const { node, meter, carrier } = query;
  const meters = meter === undefined ? [] : typeof meter === 'string' ? [meter] : meter;
  const named =
    node === undefined && meters.length === 0
      ? [...estate.meters.map(meterSeries), ...estate.virtuals.map((v) => virtualSeries(estate, v))]
      : meters.map((id) => meterAsked(estate, id));
  return [
    ...named.filter((s) => !carrier || s.carrier === carrier),
    ...(node === undefined ? [] : nodeSeries(estate, nodeOf(estate, node).id, carrier)),
  ];
}

/** @throws ProblemError when there is no such meter, real or virtual */
export function meterAsked(estate: Estate, id: string): Series {
  const virtual = estate.virtual(id);
  return virtual ? virtualSeries(estate, virtual) : meterSeries(meterOf(estate, id));
}

function rowOf(zone: Zone, row: Consumed): ConsumptionRow {
  const { series, quantity, measured, recovered, estimated, completeness } = row;
  return {
    id: series.id,
    carrier: series.carrier,
    start: zone.iso(row.start),
    quantity,
    unit: series.unit,
    measured,
    recovered,
    estimated,
    completeness,
  };
}

async function* lines(zone: Zone, chunks: AsyncIterable<Consumed[]>): AsyncGenerator<string> {
  for await (const chunk of chunks) {
    let text = '';
    for (const row of chunk) {
      const { quantity, measured, recovered, estimated, completeness } = row;
      const numbers = [measured, recovered, estimated, completeness].map(csvNumber).join(',');
      const { id, unit } = row.series;
      text += `${csvText(id)},${zone.iso(row.start)},${csvNumber(quantity)},${csvText(unit)},${numbers}\n`;
    }
    yield text;
  }
}
