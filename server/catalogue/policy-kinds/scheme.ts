import { z } from 'zod';
import { CARRIERS } from '../../domain/meter.ts';
import type { Scheme } from '../../domain/scheme.ts';
import { date, type Fault, nullable, type PolicyKindOf, positive, source, text } from './kind.ts';

/** A fuel's density with its own source, so that it can be questioned apart. */
export const density = nullable(
  z.strictObject({ kg_per_l: positive, source }).transform((d) => ({ kgPerL: d.kg_per_l, source: d.source })),
);

export function showDensity(
  d: { kgPerL: number; source: Scheme['source'] } | null,
): Record<string, unknown> | undefined {
  return d ? { kg_per_l: d.kgPerL, source: d.source } : undefined;
}

const coefficient = z.strictObject({
  carrier: z.enum(CARRIERS),
  unit: text(16),
  kgce: z.number().min(0),
  from: nullable(date.refine((d) => d.endsWith('-01'), 'must be the first day of a month')),
  density,
  source,
});

export const schemeKind: PolicyKindOf<Scheme> = {
  schema: z.strictObject({
    name: text(200),
    from: nullable(date),
    to: nullable(date),
    coefficients: z.array(coefficient).min(1, 'must have at least one').max(200),
    source,
  }),
  show: (s) => ({
    name: s.name,
    ...(s.from && { from: s.from }),
    ...(s.to && { to: s.to }),
    coefficients: s.coefficients.map((c) => ({
      carrier: c.carrier,
      unit: c.unit,
      kgce: c.kgce,
      ...(c.from && { from: c.from }),
      ...(c.density && { density: showDensity(c.density) }),
      source: c.source,
    })),
    source: s.source,
  }),
  check(s) {
    const faults: Fault[] = [];
    if (s.from && s.to && s.to <= s.from) faults.push({ path: ['to'], message: `must be after ${s.from}` });
    const first = new Map<string, number>();
    s.coefficients.forEach((c, i) => {
      const key = `${c.carrier} ${c.from}`;
      const known = first.get(key);
      if (known === undefined) first.set(key, i);
      else {
        const message = `${c.carrier} has a coefficient from that month on already, [${known}]`;
        faults.push({ path: ['coefficients', i, 'from'], message });
      }
    });
    return faults;
  },
};
