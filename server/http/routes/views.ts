import { createRoute, z } from '@hono/zod-openapi';
import { loadProfileOf } from '../../conservation/profile.ts';
import { rankingOf } from '../../conservation/ranking.ts';
import { nodeSeries, type Series } from '../../conservation/series.ts';
import { sharesOf } from '../../conservation/shares.ts';
import { type Span, type Sums, wholeHours } from '../../conservation/spans.ts';
import { type Compared, type SpanQuantity, summaryOf } from '../../conservation/summary.ts';
import type { Estate } from '../../domain/estate.ts';
import { DAY_MS, type Zone } from '../../domain/time.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeId, nodeOf, rangeOf, time } from '../query.ts';
import { CarrierName } from '../schemas/common.ts';
import {
  type Comparison,
  LoadProfile,
  type PeriodQuantity,
  Ranking,
  Shares,
  Summary,
} from '../schemas/consumption.ts';
import { type Api, problems } from './common.ts';
import { meterAsked } from './consumption.ts';

/** A load profile is made of single hours; years of them would say no more. */
const PROFILE_DAYS = 800;

const Range = z.object({ node: nodeId, carrier: CarrierName, from: time, to: time });
const WHOLE_HOURS = 'from and to are widened to whole hours.';

export function addViews({ app, deps, months }: Api): void {
  const sums: Sums = (list, spans) => months.sums(list, spans);
  app.openapi(
    createRoute({
      method: 'get',
      path: '/summary',
      tags: ['consumption'],
      summary: 'Today, this month and this year of a node against the like periods before',
      request: { query: z.object({ node: nodeId }) },
      responses: {
        200: { description: 'Per carrier', content: { 'application/json': { schema: Summary } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const estate = deps.estate();
      const node = nodeOf(estate, c.req.valid('query').node);
      const now = deps.now();
      const carriers = (await summaryOf(sums, estate, node.id, now)).map((s) => ({
        carrier: s.series.carrier,
        unit: s.series.unit,
        gauge: s.series.gauge,
        today: comparison(estate.zone, s.today),
        month: comparison(estate.zone, s.month),
        year: comparison(estate.zone, s.year),
      }));
      return c.json({ node: node.id, now: estate.zone.iso(now), carriers }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/shares',
      tags: ['consumption'],
      summary: 'What the sub-items (分项) of a node have of its consumption',
      description: WHOLE_HOURS,
      request: { query: Range },
      responses: {
        200: {
          description: 'Largest first, the rest last',
          content: { 'application/json': { schema: Shares } },
        },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const estate = deps.estate();
      const node = nodeOf(estate, query.node);
      const span = spanOf(estate, query);
      const elapsed = Math.max(0, Math.min(span.to, deps.now()) - span.from);
      const found = await sharesOf(deps.timeseries, estate, node.id, query.carrier, span, elapsed);
      if (!found) throw noMeter(node.id, query.carrier);
      return c.json({ node: node.id, carrier: query.carrier, ...isoSpan(estate.zone, span), ...found }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/ranking',
      tags: ['consumption'],
      summary: 'The nodes directly below one, by consumption, per m², per person and against last year',
      description:
        `${WHOLE_HOURS} Area and headcount are those valid at the end. The comparison with last year is like ` +
        'for like: both sides up to the last full hour.',
      request: { query: Range },
      responses: {
        200: {
          description: 'The nodes that have meters of the carrier, largest first',
          content: { 'application/json': { schema: Ranking } },
        },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const estate = deps.estate();
      const node = nodeOf(estate, query.node);
      const span = spanOf(estate, query);
      const found = await rankingOf(deps.timeseries, estate, node.id, query.carrier, span, deps.now());
      if (!found) throw noMeter(node.id, query.carrier);
      const rows = found.rows.map((r) => ({
        node: r.node,
        quantity: r.quantity,
        completeness: r.completeness,
        share: r.share,
        floor_area_m2: r.floorAreaM2,
        per_m2: r.perM2,
        people: r.people,
        per_person: r.perPerson,
        last_year: r.lastYear,
        change_last_year: r.changeLastYear,
      }));
      const { carrier } = query;
      return c.json({ node: node.id, carrier, unit: found.unit, ...isoSpan(estate.zone, span), rows }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/load-profile',
      tags: ['consumption'],
      summary: 'The mean of each hour of the week, night and weekend base load',
      description:
        'Made of the hours that are measured to at least 90 %: what was recovered after a gap has no hourly ' +
        `shape. Days off are those of the calendar of the estate, in China with holidays and 调休. ${WHOLE_HOURS}`,
      request: {
        query: z.object({
          node: nodeId.optional(),
          meter: z
            .string()
            .min(1)
            .optional()
            .openapi({ description: 'Id of a meter, real or virtual, instead of a node' }),
          carrier: CarrierName.optional().openapi({ description: 'Needed with a node' }),
          from: time,
          to: time,
        }),
      },
      responses: {
        200: { description: 'The profile', content: { 'application/json': { schema: LoadProfile } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const estate = deps.estate();
      const series = profileSeries(estate, query);
      const span = spanOf(estate, query);
      if (span.to - span.from > PROFILE_DAYS * DAY_MS)
        throw badField('from', `more than ${PROFILE_DAYS} days before to`);
      const found = await loadProfileOf(deps.timeseries, estate.zone, series, span);
      return c.json(
        {
          id: series.id,
          carrier: series.carrier,
          unit: series.unit,
          ...isoSpan(estate.zone, span),
          cells: found.cells,
          night_base: found.nightBase,
          weekend_base: found.weekendBase,
          working_mean: found.workingMean,
          night_share: found.nightShare,
          holiday_share: found.holidayShare,
        },
        200,
      );
    },
  );
}

function profileSeries(
  estate: Estate,
  query: { node?: string | undefined; meter?: string | undefined; carrier?: CarrierNameType | undefined },
): Series {
  if (query.meter !== undefined) return meterAsked(estate, query.meter);
  if (query.node === undefined) throw badField('node', 'missing, and so is meter');
  if (query.carrier === undefined) throw badField('carrier', 'needed with a node');
  const [series] = nodeSeries(estate, nodeOf(estate, query.node).id, query.carrier);
  if (!series) throw noMeter(query.node, query.carrier);
  return series;
}

type CarrierNameType = z.infer<typeof CarrierName>;

function noMeter(node: string, carrier: string): ProblemError {
  return new ProblemError(404, `node ${JSON.stringify(node)} has no meter of ${carrier}`, [
    { path: 'carrier', message: 'no meter' },
  ]);
}

function spanOf(estate: Estate, query: { from: string; to: string }): Span {
  const { from, to } = rangeOf(estate, query);
  return wholeHours(estate.zone, from, to);
}

function isoSpan(zone: Zone, { from, to }: Span): { from: string; to: string } {
  return { from: zone.iso(from), to: zone.iso(to) };
}

function periodQuantity(zone: Zone, p: SpanQuantity): PeriodQuantity {
  return { ...isoSpan(zone, p), quantity: p.quantity, completeness: p.completeness };
}

function comparison(zone: Zone, c: Compared): Comparison {
  return {
    ...periodQuantity(zone, c),
    basis: periodQuantity(zone, c.basis),
    previous: periodQuantity(zone, c.previous),
    change_previous: c.changePrevious,
    last_year: periodQuantity(zone, c.lastYear),
    change_last_year: c.changeLastYear,
  };
}
