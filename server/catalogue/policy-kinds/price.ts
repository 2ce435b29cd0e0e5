import { z } from 'zod';
import { CARRIERS } from '../../domain/meter.ts';
import type { ReferencePrice } from '../../domain/price.ts';
import { date, nullable, type PolicyKindOf, positive, source, text } from './kind.ts';

export const priceKind: PolicyKindOf<ReferencePrice> = {
  schema: z.strictObject({
    carrier: z.enum(CARRIERS),
    region: nullable(z.string().regex(/^\d{6}$/, 'must be a code of 6 digits (GB/T 2260)')),
    unit: text(16),
    low: positive,
    high: positive,
    from: nullable(date),
    to: nullable(date),
    source,
  }),
  show: (p) => ({
    carrier: p.carrier,
    ...(p.region && { region: p.region }),
    unit: p.unit,
    low: p.low,
    high: p.high,
    ...(p.from && { from: p.from }),
    ...(p.to && { to: p.to }),
    source: p.source,
  }),
  check(p) {
    const faults = [];
    if (p.high < p.low) faults.push({ path: ['high'], message: `must be at least ${p.low}` });
    if (p.from !== null && p.to !== null && p.to <= p.from) {
      faults.push({ path: ['to'], message: `must be after ${p.from}` });
    }
    return faults;
  },
};
