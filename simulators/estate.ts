import type { Classification } from '../server/domain/classification.ts';
import type { Carrier, NodeKind, RegisterKind } from '../server/domain/meter.ts';
import { demoNodes } from './demo-estate/places.ts';
import { ALONE, demoPoints, GATEWAYS } from './demo-estate/points.ts';
import type { Point } from './model/model.ts';
import type { ProfileName } from './model/profiles.ts';

/** The estate file of the public contract, as far as the simulators write and read it. */
export interface EstateFile {
  version: 1;
  timezone: string;
  nodes: EstateNode[];
  meters: EstateMeter[];
  gateways?: { id: string; name: string; node?: string }[];
}

export interface EstateNode {
  id: string;
  name: string;
  kind: NodeKind;
  parent?: string;
  attributes?: Record<string, { from: string; value: number; source?: string }[]>;
  /** What kind of institution it is; what is not named holds from above. */
  classification?: Partial<Classification>;
}

export interface EstateMeter {
  id: string;
  name: string;
  node: string;
  carrier: Carrier;
  item?: string;
  parent?: string;
  register: RegisterKind;
  unit: string;
  multiplier?: number;
  rollover_at?: number;
  max_rate?: number;
  interval_s: number;
}

/** A metering point with the gateway that reports it; '' when it publishes under its own topic. */
export type ReportedPoint = Point & { gateway: string };

/** The demo estate: an administrative centre of three sites, six institutions, four carriers. */
export function demoEstate(): EstateFile {
  return {
    version: 1,
    timezone: 'Asia/Shanghai',
    nodes: demoNodes(),
    gateways: GATEWAYS.map((g) => ({ ...g })),
    meters: demoPoints().map((p) => ({
      id: p.id,
      name: p.name,
      node: p.node,
      carrier: p.carrier,
      ...(p.item === null ? {} : { item: p.item }),
      ...(p.parent === null ? {} : { parent: p.parent }),
      register: p.register,
      unit: p.unit,
      multiplier: p.multiplier,
      ...(p.rolloverAt === null ? {} : { rollover_at: p.rolloverAt }),
      ...(p.maxRate === null ? {} : { max_rate: p.maxRate }),
      interval_s: p.intervalS,
    })),
  };
}

/** Ordinary use by carrier, for meters of an estate that the simulators do not know. */
const GENERIC: Partial<Record<Carrier, { profile: ProfileName; peak: number; base: number }>> = {
  electricity: { profile: 'officeLight', peak: 40, base: 4 },
  water: { profile: 'officeWater', peak: 1.5, base: 0.02 },
  gas: { profile: 'kitchen', peak: 15, base: 0.1 },
  heat: { profile: 'officeHeat', peak: 2, base: 0 },
  cooling: { profile: 'officeCooling', peak: 2, base: 0 },
};

/**
 * The metering points of an estate: those of the demo estate with their own loads, any other with an
 * ordinary load of its carrier, reported by the gateway at its node or the nearest above; where the estate
 * has none at all, by one named after its building.
 */
export function pointsOf(estate: EstateFile): ReportedPoint[] {
  const known = new Map(demoPoints().map((p) => [p.id, p]));
  const nodes = new Map(estate.nodes.map((n) => [n.id, n]));
  const gateways = new Map(estate.gateways?.map((g) => [g.node, g.id]));
  const gatewayOf = (id: string): string => {
    for (let n = nodes.get(id); n; n = n.parent === undefined ? undefined : nodes.get(n.parent)) {
      const gateway = gateways.get(n.id);
      if (gateway !== undefined) return gateway;
      if (gateways.size === 0 && n.kind === 'building') return `gw-${n.id}`;
    }
    return ALONE;
  };
  return estate.meters.map((m) => {
    const demo = known.get(m.id);
    const generic = GENERIC[m.carrier] ?? { profile: 'constant' as const, peak: 0, base: 1 };
    // A meter of the same name as one of the demo estate's has its load; its gateway only where there is one.
    const isThere = gateways.size === 0 || estate.gateways?.some((g) => g.id === demo?.gateway);
    const gateway = demo && (isThere || demo.gateway === ALONE) ? demo.gateway : gatewayOf(m.node);
    return {
      uses: { [generic.profile]: generic.peak, constant: generic.base },
      trend: 0.97,
      rest: 0.02,
      jitter: 0.1,
      ...demo,
      gateway,
      id: m.id,
      parent: m.parent ?? null,
      carrier: m.carrier,
      register: m.register,
      multiplier: m.multiplier ?? 1,
      rolloverAt: m.rollover_at ?? null,
      intervalS: m.interval_s,
    };
  });
}
