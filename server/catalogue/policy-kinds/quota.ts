import { z } from 'zod';
import { unitOfAttribute } from '../../domain/attribute.ts';
import { METRIC_RULES, METRICS, type Quota } from '../../domain/quota.ts';
import { date, type Fault, nullable, type PolicyKindOf, positive, source, text } from './kind.ts';

const words = nullable(z.array(text(64)).min(1, 'must have at least one, or be left out').max(50));

const exclusion = z
  .strictObject({
    what: text(64),
    items: z
      .array(z.string().regex(/^[0-9A-Z]{5}$/, 'must be a sub-item code like 01D10'))
      .max(50)
      .default([]),
    meters_by: nullable(z.enum(['machine_room_meters', 'apart_meters'])),
    nodes_by: nullable(z.literal('apart_nodes')),
    nodes: z.array(text(64)).max(100).default([]),
    area: nullable(text(64)),
  })
  .refine(
    (e) => e.items.length + e.nodes.length > 0 || e.meters_by !== null || e.nodes_by !== null,
    'must say by items, meters or nodes what is measured apart',
  )
  .transform(({ meters_by, nodes_by, ...rest }) => ({ ...rest, metersBy: meters_by, nodesBy: nodes_by }));

const correction = z.strictObject({
  kind: z.enum(['use_hours', 'density']),
  base: positive,
  on: z.boolean(),
  source,
});

export const quotaKind: PolicyKindOf<Quota> = {
  schema: z.strictObject({
    standard: text(200),
    metric: z.enum(METRICS),
    regions: nullable(
      z
        .array(z.string().regex(/^\d{6}$/, 'must be a code of 6 digits (GB/T 2260)'))
        .min(1)
        .max(50),
    ),
    types: words,
    levels: words,
    zones: words,
    variant: nullable(text(200)),
    unit: text(32),
    scheme: nullable(text(160)),
    values: z.strictObject({ constraint: positive, base: nullable(positive), leading: nullable(positive) }),
    from: nullable(date),
    to: nullable(date),
    exclusions: z.array(exclusion).max(20).default([]),
    corrections: z.array(correction).max(2).default([]),
    source,
  }),
  show: ({ id: _, exclusions, ...quota }) => ({
    ...known(quota),
    exclusions: exclusions.map(({ metersBy, nodesBy, ...rest }) =>
      known({ ...rest, meters_by: metersBy, nodes_by: nodesBy }),
    ),
  }),
  check(quota, { estate, policy }) {
    const faults: Fault[] = [];
    const fault = (path: Fault['path'], message: string): void => void faults.push({ path, message });
    // An explanation is known by node, year and quota together.
    if (quota.id.length > 64) fault([], 'the id of a quota has at most 64 characters');
    const rule = METRIC_RULES[quota.metric];
    if (quota.unit !== rule.unit) fault(['unit'], `${quota.metric} is told in ${rule.unit}`);
    if (rule.of !== 'energy' && quota.scheme !== null) {
      fault(['scheme'], `nothing is converted for ${quota.metric}`);
    } else if (rule.of === 'energy' && quota.scheme === null) {
      fault(['scheme'], 'must name the coefficient scheme in which the quota is told');
    } else if (quota.scheme !== null && !policy.get('scheme', quota.scheme)) {
      fault(['scheme'], `no scheme ${JSON.stringify(quota.scheme)}`);
    }
    const { constraint, base, leading } = quota.values;
    if (base !== null && base > constraint)
      fault(['values', 'base'], `must be at most ${constraint}, the constraint`);
    const above = base ?? constraint;
    if (leading !== null && leading > above) fault(['values', 'leading'], `must be at most ${above}`);
    if (quota.from !== null && quota.to !== null && quota.to <= quota.from) {
      fault(['to'], `must be after ${quota.from}`);
    }
    quota.exclusions.forEach((e, i) => {
      if (quota.exclusions.findIndex((o) => o.what === e.what) < i) {
        fault(['exclusions', i, 'what'], `${JSON.stringify(e.what)} stands twice`);
      }
      if (e.area !== null && unitOfAttribute(e.area) !== 'm²') {
        fault(['exclusions', i, 'area'], 'must name an attribute of an area, like kitchen_area_m2');
      }
      e.nodes.forEach((id, n) => {
        if (!estate.node(id)) fault(['exclusions', i, 'nodes', n], `no node ${JSON.stringify(id)}`);
      });
    });
    const kinds = quota.corrections.map((c) => c.kind);
    if (new Set(kinds).size < kinds.length) fault(['corrections'], 'the same correction twice');
    return faults;
  },
};

function known(of: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(of).filter(([, value]) => value !== null));
}
