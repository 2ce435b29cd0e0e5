import { createRoute, z } from '@hono/zod-openapi';
import {
  bookedAmount,
  figureOf,
  meterSeries,
  nodeSeries,
  type Series,
  seriesOf,
  virtualSeries,
} from '../../conservation/series.ts';
import { amountsOfAll, cut, type Span, wholeHours } from '../../conservation/spans.ts';
import { MICRO } from '../../domain/advance.ts';
import { isVirtual } from '../../domain/estate.ts';
import type { GroundPiece, JudgedReading } from '../../domain/ground.ts';
import { epochAt, type Meter } from '../../domain/meter.ts';
import type { Zone } from '../../domain/time.ts';
import { groundOf } from '../../ledger/inspect.ts';
import type { HttpDeps } from '../deps.ts';
import { badField, ProblemError } from '../problem.ts';
import { meterOf, nodeId, nodeOf, rangeOf, time } from '../query.ts';
import { CarrierName } from '../schemas/common.ts';
import { Ground, type GroundPart, type Piece, Revisions } from '../schemas/ledger.ts';
import { ceilingShape, epochShape, pointShape, revisionShape } from '../shapes/ledger.ts';
import { type Api, problems } from './common.ts';

/** Pieces and readings set aside that one answer shows. */
const SHOWN = 500;
const REVISIONS = 20;
/** A figure is traced reading by reading; years of them would be looked at by nobody. */
const LONGEST_DAYS = 400;

const Query = z.object({
  node: nodeId.optional(),
  meter: z.string().min(1).optional().openapi({ description: 'Id of a meter, real or virtual' }),
  carrier: CarrierName.optional().openapi({ description: 'Of a node' }),
  from: time,
  to: time,
});

export function addGround({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/ground',
      tags: ['consumption'],
      summary: 'Which readings a figure comes from',
      description:
        'Of a meter the pieces of its register from reading to reading; of a node or a virtual meter what it is ' +
        'the sum of. from and to are widened to whole hours.',
      request: { query: Query },
      responses: {
        200: { description: 'The ground', content: { 'application/json': { schema: Ground } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const estate = deps.estate();
      const { zone } = estate;
      const range = rangeOf(estate, query);
      if (range.to - range.from > LONGEST_DAYS * 86_400_000) {
        throw badField('to', `at most ${LONGEST_DAYS} days after from`);
      }
      const span = wholeHours(zone, range.from, range.to);
      const asked = askedFor(deps, query);
      const list = [asked.series, ...asked.parts.map((p) => p.series)];
      const amounts = await amountsOfAll(deps.timeseries, zone, list, [span]);
      const figures = list.map((s, i) => figureOf(s, amounts[i]?.[0], span.to - span.from));
      const isHere = (id: string): boolean => (estate.meter(id) ?? estate.virtual(id)) !== undefined;
      const parts: GroundPart[] = asked.parts.map(({ id, name, kind, sign }, i) => ({
        id: isHere(id) ? id : null,
        name: isHere(id) ? name : null,
        kind,
        sign,
        ...(figures[i + 1] as (typeof figures)[number]),
      }));
      const { meter } = asked;
      const own = meter && (await meterGround(deps, meter, span));
      const { id, name, kind, series } = asked;
      return c.json(
        {
          id,
          name,
          kind,
          carrier: series.carrier,
          unit: series.unit,
          gauge: series.gauge,
          from: zone.iso(span.from),
          to: zone.iso(span.to),
          ...(figures[0] as (typeof figures)[number]),
          booked: bookedIn(series, zone, span),
          parts: parts.slice(0, SHOWN),
          pieces: own?.pieces ?? [],
          set_aside: own?.setAside ?? [],
          epochs: own?.epochs ?? [],
          ceiling: own?.ceiling ?? null,
          revisions: revisionsOf(deps, asked.meters, span, REVISIONS + 1).slice(0, REVISIONS),
          more: parts.length > SHOWN || (own?.more ?? false),
        },
        200,
      );
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/revisions',
      tags: ['consumption'],
      summary: 'What changed after it had been shown, by how much and why; newest first',
      request: {
        query: z.object({
          node: nodeId.optional(),
          meter: z.string().min(1).optional(),
          from: time.optional(),
          to: time.optional(),
          before: z.coerce
            .number()
            .int()
            .min(1)
            .optional()
            .openapi({ description: 'Only with a smaller no' }),
          limit: z.coerce.number().int().min(1).max(1000).default(50),
        }),
      },
      responses: {
        200: { description: 'Revisions', content: { 'application/json': { schema: Revisions } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { node, meter, from, to, before, limit } = c.req.valid('query');
      const estate = deps.estate();
      const meters =
        meter !== undefined
          ? [meterOf(estate, meter)]
          : node !== undefined
            ? estate.metersBelow(nodeOf(estate, node).id)
            : estate === deps.wholeEstate()
              ? null
              : estate.meters;
      const range = rangeOf(estate, { from: from ?? '1970-01-01', to: to ?? '2099-12-31' });
      const found = revisionsOf(deps, meters, range, limit + 1, before);
      return c.json({ revisions: found.slice(0, limit), more: found.length > limit }, 200);
    },
  );
}

interface Asked {
  id: string;
  name: string;
  kind: 'meter' | 'virtual' | 'node';
  series: Series;
  parts: { id: string; name: string; kind: 'meter' | 'virtual'; sign: 1 | -1; series: Series }[];
  /** The one whose register is told. */
  meter: Meter | null;
  meters: readonly Meter[];
}

function askedFor(deps: HttpDeps, query: z.infer<typeof Query>): Asked {
  const estate = deps.estate();
  if ((query.node === undefined) === (query.meter === undefined)) {
    throw badField('meter', 'a node or a meter, one of the two');
  }
  const part = (meter: Meter, factor: number): Asked['parts'][number] => ({
    id: meter.id,
    name: meter.name,
    kind: 'meter',
    sign: factor < 0 ? -1 : 1,
    series: meterSeries(meter),
  });
  const virtual = query.meter === undefined ? undefined : estate.virtual(query.meter);
  if (virtual) {
    const terms = estate.terms(virtual.id);
    return {
      id: virtual.id,
      name: virtual.name,
      kind: 'virtual',
      series: virtualSeries(estate, virtual),
      parts: terms.map((t) => part(t.meter, t.factor)),
      meter: null,
      meters: terms.map((t) => t.meter),
    };
  }
  if (query.meter !== undefined) {
    const meter = meterOf(estate, query.meter);
    const { id, name } = meter;
    return { id, name, kind: 'meter', series: meterSeries(meter), parts: [], meter, meters: [meter] };
  }
  const node = nodeOf(estate, query.node ?? '');
  const carrier = query.carrier ?? estate.carriers(node.id)[0];
  const [series] = carrier ? nodeSeries(estate, node.id, carrier) : [];
  if (!carrier || !series) {
    throw new ProblemError(
      404,
      `node ${JSON.stringify(node.id)} has no meter of ${carrier ?? 'any carrier'}`,
      [{ path: 'carrier', message: 'no meter' }],
    );
  }
  const outermost = estate.outermost(node.id, carrier);
  return {
    id: node.id,
    name: node.name,
    kind: 'node',
    series,
    parts: outermost.map((m) =>
      isVirtual(m)
        ? { id: m.id, name: m.name, kind: 'virtual', sign: 1, series: seriesOf(estate, m.id, [m]) }
        : part(m, m.direction === 'out' ? -1 : 1),
    ),
    meter: null,
    meters: outermost.flatMap((m) => estate.terms(m.id).map((t) => t.meter)),
  };
}

async function meterGround(
  deps: HttpDeps,
  meter: Meter,
  span: Span,
): Promise<Pick<Ground, 'pieces' | 'epochs' | 'ceiling' | 'more'> & { setAside: Ground['set_aside'] }> {
  const { zone } = deps.estate();
  const { pieces, setAside } = await groundOf(deps.timeseries, zone, meter, span.from, span.to);
  const inForce = meter.epochs.filter(
    (e) => (e.from === null || e.from < span.to) && (e.to === null || e.to > span.from),
  );
  return {
    pieces: pieces.slice(0, SHOWN).map((p) => pieceShape(zone, p)),
    setAside: setAside.slice(0, SHOWN).map((r) => judgedShape(zone, r)),
    epochs: inForce.map((e) => epochShape(zone, e)),
    ceiling: ceilingShape(zone, meter, epochAt(meter, span.to - 1)),
    more: pieces.length > SHOWN || setAside.length > SHOWN,
  };
}

function pieceShape(zone: Zone, p: GroundPiece): Piece {
  return {
    kind: p.kind,
    from: zone.iso(p.from),
    to: zone.iso(p.to),
    first: pointShape(zone, p.first),
    last: pointShape(zone, p.last),
    readings: p.readings,
    multiplier: p.epoch?.multiplier ?? null,
    quantity: p.inside,
    whole: p.whole,
    apportioned: p.apportioned,
    crosses: p.crosses,
    reason: p.reason,
    recorded_by: p.recordedBy,
  };
}

function judgedShape(zone: Zone, r: JudgedReading): Ground['set_aside'][number] {
  return {
    time: zone.iso(r.time),
    value: r.value,
    verdict: r.verdict,
    previous: pointShape(zone, r.previous),
    next: pointShape(zone, r.next),
  };
}

function revisionsOf(
  deps: HttpDeps,
  meters: readonly Meter[] | null,
  span: Span,
  limit: number,
  before?: number,
): Ground['revisions'] {
  const estate = deps.estate();
  const filter = {
    ...(meters && { meters: meters.map((m) => m.no) }),
    ...(before && { before }),
    ...span,
    limit,
  };
  return deps.journal
    .revisions(filter)
    .map((r) => revisionShape(estate, (version, meter) => deps.catalogue.changeOf(version, meter), r))
    .filter((r) => r !== null);
}

/** What is booked of the whole months of a span; a bill says nothing of single days. */
function bookedIn(series: Series, zone: Zone, span: Span): number | null {
  const known = cut(zone, span).flatMap(({ level, from, to }) =>
    level === 'month' ? (bookedAmount(series, from, to) ?? []) : [],
  );
  return known.length === 0 ? null : known.reduce((sum, a) => sum + a.measured, 0) / MICRO;
}
