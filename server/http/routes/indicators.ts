import { createRoute, z } from '@hono/zod-openapi';
import { type ComparedIndicator, comparedOf, likeSpans } from '../../conservation/compared-indicators.ts';
import { partsOf } from '../../conservation/indicator-parts.ts';
import type { IndicatorValue, Term } from '../../conservation/indicators.ts';
import { type Span, wholeHours } from '../../conservation/spans.ts';
import type { Estate } from '../../domain/estate.ts';
import { INDICATORS, type IndicatorId } from '../../domain/indicator.ts';
import { NODE_KINDS } from '../../domain/meter.ts';
import type { Policy } from '../../domain/policy.ts';
import type { Zone } from '../../domain/time.ts';
import { badField, ProblemError } from '../problem.ts';
import { nodeId, nodeOf, rangeOf, time } from '../query.ts';
import {
  type Indicator,
  IndicatorName,
  type IndicatorOther,
  IndicatorParts,
  Indicators,
  type IndicatorTerm,
} from '../schemas/indicators.ts';
import { type Api, problems } from './common.ts';

/** Nodes of one answer: a city's institutions and more. */
const NODES = 2000;
const FIGURES = 20_000;

const SchemeId = z.string().min(1).max(160).optional().openapi({
  description: 'Id of a coefficient scheme; without it the one of the settings',
});
const list = <T extends z.ZodType>(item: T) =>
  z
    .union([item, z.array(item)])
    .transform((v) => (Array.isArray(v) ? v : [v]) as z.output<T>[])
    .optional();

export function addIndicators({ app, deps, months }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/indicators',
      tags: ['conservation'],
      summary: 'Indicators of nodes over a period, against the like periods before',
      description:
        'Of the nodes named, or of those below one. A period that still runs counts up to the last full hour ' +
        'and is held against the same days of the others. from and to are widened to whole hours.',
      request: {
        query: z.object({
          node: list(z.string().min(1)).openapi({ description: 'Id of a node; may be repeated' }),
          below: nodeId.optional().openapi({ description: 'All nodes directly below this one' }),
          kind: z
            .enum(NODE_KINDS)
            .optional()
            .openapi({ description: 'With below: all nodes of this kind, however deep' }),
          indicator: list(IndicatorName).openapi({ description: 'May be repeated; without it all' }),
          from: time,
          to: time,
          scheme: SchemeId,
        }),
      },
      responses: {
        200: { description: 'By node', content: { 'application/json': { schema: Indicators } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const estate = deps.estate();
      const policy = deps.catalogue.policy();
      const nodes = nodesOf(estate, query);
      const indicators: IndicatorId[] = query.indicator ?? INDICATORS.map((i) => i.id);
      if (nodes.length * indicators.length > FIGURES)
        throw badField(
          'indicator',
          `${nodes.length} nodes × ${indicators.length}: more than ${FIGURES} figures`,
        );
      const { span, spans } = spansOf(estate, query, deps.now());
      checkScheme(policy, query.scheme);
      const found = await comparedOf({ estate, policy, months }, nodes, indicators, spans, query.scheme);
      const { zone } = estate;
      return c.json(
        {
          ...isoSpan(zone, span),
          until: zone.iso(spans.current.to),
          nodes: found.map(({ node, conversion: { scheme, by, node: at }, indicators }) => ({
            node,
            scheme: { id: scheme.id, name: scheme.name, by, node: at },
            indicators: indicators.map((of) => indicatorShape(zone, scheme.id, of, spans)),
          })),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/indicators/parts',
      tags: ['conservation'],
      summary: 'Heating and the rest, sub-items, night and days off, and the PUE of a machine room',
      description:
        'Heating: the carrier heat and the setting heating_meters. Machine room: the setting ' +
        'machine_room_meters, or the sub-item 01D10; its IT equipment: it_meters, or 01D1A.',
      request: { query: z.object({ node: nodeId, from: time, to: time, scheme: SchemeId }) },
      responses: {
        200: { description: 'Parts', content: { 'application/json': { schema: IndicatorParts } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const estate = deps.estate();
      const policy = deps.catalogue.policy();
      const node = nodeOf(estate, query.node).id;
      const { span, spans } = spansOf(estate, query, deps.now());
      checkScheme(policy, query.scheme);
      const ground = { estate, policy, months, timeseries: deps.timeseries };
      const found = await partsOf(ground, node, spans, query.scheme);
      const { heating: h, pue, pueLastYear } = found;
      const per = (n: number | null, area: number | null): number | null =>
        n === null || !area ? null : n / area;
      const { zone } = estate;
      return c.json(
        {
          node,
          ...isoSpan(zone, span),
          until: zone.iso(spans.current.to),
          scheme: found.conversion.scheme.id,
          heating: {
            heating: { quantity: h.heating, share: h.heatingShare, per_m2: per(h.heating, h.floorAreaM2) },
            non_heating: {
              quantity: h.nonHeating,
              share: h.heatingShare === null ? null : 1 - h.heatingShare,
              per_m2: per(h.nonHeating, h.floorAreaM2),
            },
            heating_per_heated_m2: per(h.heating, h.heatedAreaM2),
            meters: h.meters,
            set_at: h.setAt,
            completeness: h.completeness,
            lacks: h.lacks,
          },
          items: found.items,
          night_share: found.profile.nightShare,
          holiday_share: found.profile.holidayShare,
          pue: {
            applies: pue.applies,
            value: pue.value,
            total: pue.total,
            it: pue.it,
            unit: pue.unit,
            total_meters: pue.totalMeters,
            it_meters: pue.itMeters,
            completeness: pue.completeness,
            last_year: pueLastYear.value,
            lacks: pue.lacks,
          },
        },
        200,
      );
    },
  );
}

function nodesOf(
  estate: Estate,
  query: { node?: string[] | undefined; below?: string | undefined; kind?: string | undefined },
): string[] {
  const { node = [], below, kind } = query;
  if (node.length === 0 && below === undefined) throw badField('node', 'missing, and so is below');
  if (kind !== undefined && below === undefined) throw badField('kind', 'needs below');
  const named = node.map((id) => nodeOf(estate, id).id);
  const root = below === undefined ? null : nodeOf(estate, below);
  const found = !root
    ? []
    : kind === undefined
      ? estate.children(root.id)
      : estate.subtree(root.id).filter((n) => n.kind === kind && n !== root);
  const all = [...new Set([...named, ...found.map((n) => n.id)])];
  if (all.length > NODES) throw badField('below', `has more than ${NODES} nodes; ask for a part of them`);
  return all;
}

function spansOf(estate: Estate, query: { from: string; to: string }, now: number) {
  const { from, to } = rangeOf(estate, query);
  const span = wholeHours(estate.zone, from, to);
  return { span, spans: likeSpans(estate.zone, span, now) };
}

function checkScheme(policy: Policy, id: string | undefined): void {
  if (id === undefined || policy.get('scheme', id)) return;
  throw new ProblemError(404, `no scheme ${JSON.stringify(id)}`, [{ path: 'scheme', message: 'unknown' }]);
}

function isoSpan(zone: Zone, { from, to }: Span): { from: string; to: string } {
  return { from: zone.iso(from), to: zone.iso(to) };
}

/** As the HTTP door has it. */
export function indicatorShape(
  zone: Zone,
  scheme: string,
  of: ComparedIndicator,
  spans: { previous: Span; lastYear: Span },
): Indicator {
  const { id, unit, value, numerator, denominator, completeness, lacks } = of.value;
  const isEnergy = numerator.unit === 'kgce';
  return {
    id,
    unit,
    value,
    scheme: isEnergy ? scheme : null,
    numerator: {
      quantity: numerator.quantity,
      unit: numerator.unit,
      terms: numerator.terms.map(termShape),
    },
    denominator: denominator && {
      attribute: denominator.attribute,
      unit: denominator.attribute === 'people' ? 'p' : 'm²',
      value: denominator.value,
      set: denominator.set,
      from: denominator.from,
    },
    completeness,
    previous: otherShape(zone, of.previous, spans.previous),
    change_previous: of.changePrevious,
    last_year: otherShape(zone, of.lastYear, spans.lastYear),
    change_last_year: of.changeLastYear,
    lacks,
  };
}

function otherShape(zone: Zone, of: IndicatorValue, span: Span): IndicatorOther {
  return {
    ...isoSpan(zone, span),
    value: of.value,
    completeness: of.completeness,
    numerator: of.numerator.quantity,
    denominator: of.denominator?.value ?? null,
    lacks: of.lacks,
  };
}

function termShape({
  carrier,
  quantity,
  unit,
  completeness,
  coefficient,
  converted,
  booked,
  source,
  factor,
  density,
}: Term): IndicatorTerm {
  return {
    carrier,
    quantity,
    unit,
    completeness,
    coefficient,
    converted,
    booked,
    source,
    density: density && { kg_per_l: density.kgPerL, source: density.source },
    factor: factor && { id: factor.id, region: factor.region, year: factor.year },
  };
}
