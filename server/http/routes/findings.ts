import { createRoute, z } from '@hono/zod-openapi';
import { advanceMicro, MICRO } from '../../domain/advance.ts';
import { quantityUnit } from '../../domain/consumption.ts';
import type { Estate } from '../../domain/estate.ts';
import { epochAt, type Meter } from '../../domain/meter.ts';
import { DAY_MS, HOUR_MS } from '../../domain/time.ts';
import type { Suspect as Found } from '../../journal/outcome.ts';
import type { HttpDeps } from '../deps.ts';
import { nodeId, nodeOf } from '../query.ts';
import { type ClockTrouble, Findings, type Suspect } from '../schemas/ledger.ts';
import { ceilingShape } from '../shapes/ledger.ts';
import { type Api, problems } from './common.ts';

const SHOWN = 500;
/** A clock that was set right is forgotten after so long. */
const CLOCK_MS = 7 * DAY_MS;
/** Values for one instant that are no accident any more. */
const ONE_TIME = 3;

export function addFindings({ app, deps }: Api): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/findings',
      tags: ['meters'],
      summary: 'What a metering engineer has to look into',
      description:
        'Steps of registers across which nothing is counted, until an exchange is recorded or the ceiling is ' +
        'mended; devices whose clocks are off. At a node and below it, or everywhere.',
      request: { query: z.object({ node: nodeId.optional() }) },
      responses: {
        200: { description: 'Findings', content: { 'application/json': { schema: Findings } } },
        ...problems(400, 404),
      },
    }),
    (c) => {
      const { node } = c.req.valid('query');
      const estate = deps.estate();
      const wanted = node === undefined ? null : new Set(estate.metersBelow(nodeOf(estate, node).id));
      const isWanted = (meter: Meter | undefined): meter is Meter =>
        meter !== undefined && (wanted === null || wanted.has(meter));
      const suspects = suspectsOf(deps, estate).filter(({ meter }) => isWanted(meter));
      const clocks = clocksOf(deps, estate).filter(({ of }) => isWanted(of));
      return c.json(
        {
          suspects: suspects.slice(0, SHOWN).map((s) => suspectShape(estate, s)),
          clocks: clocks.slice(0, SHOWN).map(({ trouble }) => trouble),
          totals: { suspects: suspects.length, clocks: clocks.length },
        },
        200,
      );
    },
  );
}

interface SuspectOf {
  meter: Meter;
  found: Found;
}

function suspectsOf(deps: HttpDeps, estate: Estate): SuspectOf[] {
  return deps.journal.suspects().flatMap((found) => {
    const meter = estate.meterByNo(found.meter);
    return meter ? [{ meter, found }] : [];
  });
}

function suspectShape({ zone }: Estate, { meter, found }: SuspectOf): Suspect {
  const epoch = epochAt(meter, found.time);
  const span = found.time - found.previousTime;
  // What it would be without any ceiling.
  const micro = epoch && advanceMicro({ ...epoch, maxRate: null }, found.previousValue, found.value, span);
  return {
    meter: meter.id,
    name: meter.name,
    node: meter.node,
    carrier: meter.carrier,
    unit: quantityUnit(meter),
    multiplier: epoch?.multiplier ?? 1,
    verdict: found.verdict,
    previous: { time: zone.iso(found.previousTime), value: found.previousValue },
    next: { time: zone.iso(found.time), value: found.value },
    rate: micro === null ? null : micro / MICRO / (span / HOUR_MS),
    ceiling: ceilingShape(zone, meter, epoch),
  };
}

interface ClockOf {
  of: Meter;
  at: number;
  trouble: ClockTrouble;
}

/** Newest first, one a meter and kind of trouble. */
function clocksOf(deps: HttpDeps, estate: Estate): ClockOf[] {
  const { zone } = estate;
  const since = deps.now() - CLOCK_MS;
  const out = new Map<string, ClockOf>();
  const put = (
    of: Meter | undefined,
    trouble: ClockTrouble['trouble'],
    offsetMs: number | null,
    count: number,
    at: number,
  ): void => {
    const key = `${of?.no} ${trouble}`;
    const known = out.get(key);
    if (!of || (known && known.at >= at)) return;
    const { id, name, node } = of;
    const offset_s = offsetMs === null ? null : Math.round(offsetMs / 1000);
    const shown = { meter: id, name, node, trouble, offset_s, count, last_at: zone.iso(at) };
    out.set(key, { of, at, trouble: shown });
  };
  const byAddress = new Map(estate.meters.flatMap((m) => (m.address ? [[m.address, m] as const] : [])));
  const named = (id: string): Meter | undefined => estate.meter(id) ?? byAddress.get(id);
  for (const { meter, offsetMs, arrivals, at } of deps.ledger.clocks.offsets()) {
    put(estate.meterByNo(meter), offsetMs > 0 ? 'ahead' : 'behind', offsetMs, arrivals, at);
  }
  for (const r of deps.journal.aheadOfTime(since)) put(named(r.meter), 'ahead', r.offsetMs, r.count, r.at);
  for (const r of deps.journal.oneTime(since, ONE_TIME)) put(named(r.meter), 'one_time', null, r.count, r.at);
  return [...out.values()].sort((a, b) => b.at - a.at);
}
