import { z } from 'zod';
import { CARRIERS } from '../../domain/meter.ts';
import type { EmissionFactor } from '../../domain/scheme.ts';
import { nullable, type PolicyKindOf, source, text, year } from './kind.ts';
import { density, showDensity } from './scheme.ts';

const word = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A–Z a–z 0–9 . _ -');

export const factorKind: PolicyKindOf<EmissionFactor> = {
  schema: z
    .strictObject({
      carrier: z.enum(CARRIERS),
      unit: text(16),
      kg_co2: z.number().min(0),
      density,
      region: nullable(word),
      year: nullable(year),
      series: word,
      source,
    })
    .transform(({ kg_co2, ...rest }) => ({ kgCo2: kg_co2, ...rest })),
  show: (f) => ({
    carrier: f.carrier,
    unit: f.unit,
    kg_co2: f.kgCo2,
    ...(f.density && { density: showDensity(f.density) }),
    ...(f.region && { region: f.region }),
    ...(f.year !== null && { year: f.year }),
    series: f.series,
    source: f.source,
  }),
  check(f, { policy }) {
    const twin = policy
      .list('factor')
      .find(
        (o) =>
          o.id !== f.id &&
          o.carrier === f.carrier &&
          o.region === f.region &&
          o.year === f.year &&
          o.series === f.series,
      );
    if (!twin) return [];
    return [{ path: ['year'], message: `the factor ${JSON.stringify(twin.id)} says the same thing already` }];
  },
};
