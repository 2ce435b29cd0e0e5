import { createRoute, z } from '@hono/zod-openapi';
import { likeSpans } from '../../conservation/compared-indicators.ts';
import { comparisonOf } from '../../conservation/comparison.ts';
import type { Sources } from '../../conservation/ground.ts';
import { publicityOf } from '../../conservation/publicity.ts';
import { projector } from '../../conservation/quota-projection.ts';
import {
  type Position,
  positionsOf,
  type QuotaYear,
  quotaYear,
  runningQuotaYear,
} from '../../conservation/quotas.ts';
import { wholeHours } from '../../conservation/spans.ts';
import { INSTITUTION_LEVELS, INSTITUTION_TYPES } from '../../domain/classification.ts';
import { METRIC_RULES, type Quota } from '../../domain/quota.ts';
import type { Step } from '../../domain/standing.ts';
import type { Zone } from '../../domain/time.ts';
import { badField } from '../problem.ts';
import { nodeId, nodeOf, rangeOf, time } from '../query.ts';
import { Comparison, Publicity } from '../schemas/comparison.ts';
import { IndicatorName } from '../schemas/indicators.ts';
import { type QuotaPosition, QuotaPositions, type QuotaRow } from '../schemas/quotas.ts';
import { type Api, problems } from './common.ts';

const Year = z.coerce.number().int().min(1970).max(2100);

/** Quotas, the comparison of institutions, and what is shown to the public. */
export function addQuotas({ app, deps, months, forecasts }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/quotas',
      tags: ['conservation'],
      summary: 'Where a node stands against its quotas, with every line of the calculation',
      description:
        'A quota is of a year: without `year` the past 12 whole months, else a calendar year; of the one that ' +
        'runs the year so far and the forecast of the rest, with its interval. The ' +
        'row of a standard is chosen by the classification and never guessed: `choice` says what is missing ' +
        'or which rows a person has to choose from (setting `quotas`).',
      request: {
        query: z.object({ node: nodeId, year: Year.optional() }),
      },
      responses: {
        200: { description: 'Positions', content: { 'application/json': { schema: QuotaPositions } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const sources = sourcesOf({ deps, months });
      const { zone } = sources.estate;
      const node = nodeOf(sources.estate, query.node).id;
      const ground = { ...sources, timeseries: deps.timeseries };
      const year =
        query.year === zone.wall(sources.now).year
          ? runningQuotaYear(zone, sources.now, projector(ground, forecasts))
          : overYear(sources, query.year ?? null);
      const positions = await positionsOf(sources, node, year);
      return c.json(
        {
          node,
          classification: sources.estate.classification(node),
          from: zone.iso(year.from),
          to: zone.iso(year.to),
          year: year.year,
          running: year.running !== undefined,
          positions: positions.map((p) => positionShape(zone, p)),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/comparison',
      tags: ['conservation'],
      summary: 'The institutions of one kind below a node, by an indicator, the smallest figure first',
      description:
        'All are told in one coefficient scheme. Movement is against the like period a year ago, or against the ' +
        'one before. Notes say what makes a row unfair: incomplete, area or headcount changed by over 10 %, set ' +
        'for a part of the period, told in another scheme than its own.',
      request: {
        query: z.object({
          node: nodeId,
          indicator: IndicatorName,
          type: z.enum(INSTITUTION_TYPES).optional(),
          level: z.enum(INSTITUTION_LEVELS).optional(),
          from: time,
          to: time,
          against: z.enum(['last_year', 'previous']).default('last_year'),
          scheme: z.string().min(1).optional(),
        }),
      },
      responses: {
        200: { description: 'The ranking', content: { 'application/json': { schema: Comparison } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const sources = sourcesOf({ deps, months });
      const { estate, policy } = sources;
      const { zone } = estate;
      const node = nodeOf(estate, query.node).id;
      const { indicator, scheme, type = null, level = null } = query;
      if (scheme !== undefined && !policy.get('scheme', scheme)) {
        throw badField('scheme', `no scheme ${JSON.stringify(scheme)}`);
      }
      const { from, to } = rangeOf(estate, query);
      const like = likeSpans(zone, wholeHours(zone, from, to), sources.now);
      const against = query.against === 'previous' ? like.previous : like.lastYear;
      const found = await comparisonOf(
        sources,
        node,
        indicator,
        { type, level },
        like.current,
        against,
        scheme,
      );
      return c.json(
        {
          node,
          indicator,
          unit: found.unit,
          scheme: found.scheme,
          type,
          level,
          from: zone.iso(like.current.from),
          to: zone.iso(like.current.to),
          previous_from: zone.iso(against.from),
          previous_to: zone.iso(against.to),
          quartiles: found.quartiles,
          rows: found.rows.map(({ node: of, ...row }) => ({ node: of.id, name: of.name, ...row })),
          kinds: found.kinds,
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/publicity',
      tags: ['conservation'],
      summary: 'What an institution or a region shows of a year to anybody',
      description:
        'A running year is told up to the last full hour, against the same part of the year before; quotas then ' +
        'by the past 12 months. It names no person.',
      request: { query: z.object({ node: nodeId, year: Year }) },
      responses: {
        200: { description: 'The page', content: { 'application/json': { schema: Publicity } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const sources = sourcesOf({ deps, months });
      const { zone } = sources.estate;
      const node = nodeOf(sources.estate, query.node);
      const shown = await publicityOf(sources, node.id, query.year);
      if (!shown) throw badField('year', `${query.year} has not begun`);
      return c.json(
        {
          node: node.id,
          name: node.name,
          kind: node.kind,
          year: query.year,
          from: zone.iso(shown.from),
          to: zone.iso(shown.to),
          running: shown.running,
          floor_area_m2: shown.floorArea.value,
          people: shown.people.value,
          institutions: shown.institutions,
          figures: shown.figures.map(({ lastYear, lastYearCompleteness, ...f }) => ({
            ...f,
            last_year: lastYear,
            last_year_completeness: lastYearCompleteness,
          })),
          carriers: shown.carriers.map(({ lastYear, lastYearCompleteness, ...f }) => ({
            ...f,
            last_year: lastYear,
            last_year_completeness: lastYearCompleteness,
          })),
          targets: shown.targets.map(({ target, goal, ...t }) => ({
            ...t,
            indicator: target.indicator,
            scheme: target.scheme,
            base_year: target.baseYear,
            target: goal,
          })),
          quotas: shown.quotas.flatMap(({ quota, value, metric, verdict }) =>
            quota === null || value === null
              ? []
              : [
                  {
                    metric,
                    standard: quota.standard,
                    confidence: quota.source.confidence,
                    value,
                    unit: quota.unit,
                    values: quota.values,
                    verdict,
                  },
                ],
          ),
          quotas_from: zone.iso(shown.quotasOf.from),
          quotas_to: zone.iso(shown.quotasOf.to),
        },
        200,
      );
    },
  );
}

/** What one answer is computed from, all of one moment. */
export function sourcesOf({ deps, months }: Pick<Api, 'deps' | 'months'>): Sources {
  return { estate: deps.estate(), policy: deps.catalogue.policy(), months, now: deps.now() };
}

/** @throws ProblemError where the year is not over */
export function overYear({ estate, now }: Sources, year: number | null): QuotaYear {
  const found = quotaYear(estate.zone, now, year);
  if (!found) {
    throw badField('year', `${year} is not over; a quota is of a whole year`);
  }
  return found;
}

function positionShape(zone: Zone, p: Position): QuotaPosition {
  const { choice, projection } = p;
  return {
    metric: p.metric,
    applies: p.applies,
    heats: p.heats,
    choice: {
      state: choice.state,
      by_hand: choice.state === 'chosen' && choice.byHand,
      misfits: choice.state === 'chosen' ? choice.misfits : [],
      missing: choice.state === 'unclassified' ? choice.missing : [],
      candidates:
        choice.state === 'unclassified' || choice.state === 'several' ? choice.candidates.map(rowShape) : [],
    },
    quota: p.quota && rowShape(p.quota),
    value: p.value,
    unit: METRIC_RULES[p.metric].unit,
    verdict: p.verdict,
    way: p.way,
    excess: p.excess,
    excess_unit: p.excessUnit,
    completeness: p.completeness,
    projection: projection && {
      kind: projection.kind,
      until: zone.iso(projection.until),
      actual: projection.actual,
      rest: projection.rest,
      unit: projection.unit,
      low: projection.low,
      high: projection.high,
      verdict_low: projection.verdictLow,
      verdict_high: projection.verdictHigh,
      mape: projection.mape,
      lacks: projection.lacks,
    },
    steps: p.steps.map(({ resultUnit, ...step }: Step) => ({ ...step, result_unit: resultUnit })),
    lacks: p.lacks,
    notes: p.notes,
    explanation: p.explanation,
  };
}

function rowShape(q: Quota): QuotaRow {
  const list = (words: readonly string[] | null): string[] | null => words && [...words];
  return {
    id: q.id,
    standard: q.standard,
    metric: q.metric,
    regions: list(q.regions),
    types: list(q.types),
    levels: list(q.levels),
    zones: list(q.zones),
    variant: q.variant,
    unit: q.unit,
    scheme: q.scheme,
    values: q.values,
    from: q.from,
    to: q.to,
    source: q.source,
  };
}
