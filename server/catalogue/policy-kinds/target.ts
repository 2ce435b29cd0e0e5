import { z } from 'zod';
import { INDICATORS, type IndicatorId } from '../../domain/indicator.ts';
import { indicatorOf, SPLIT_METHODS, type Target, type TargetPath } from '../../domain/target.ts';
import { type Fault, lines, nullable, type PolicyKindOf, text, year } from './kind.ts';

const ids = INDICATORS.map((i) => i.id) as [IndicatorId, ...IndicatorId[]];
const YEARS = 50;
/** Below 0 the target is an increase; 1 would be nothing at all. */
const reduction = z.number().min(-1).lt(1, 'must be a share below 1, e.g. 0.05 for 5 %');

const path: z.ZodType<TargetPath> = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('linear'), reduction }),
  z.strictObject({ kind: z.literal('compound'), reduction }),
  z.strictObject({
    kind: z.literal('values'),
    values: z
      .array(z.strictObject({ year, value: z.number().min(0) }))
      .min(1)
      .max(YEARS),
  }),
]);

export const targetKind: PolicyKindOf<Target> = {
  schema: z
    .strictObject({
      node: text(64),
      indicator: z.enum(ids),
      scheme: nullable(text(160)),
      base_year: year,
      base: nullable(z.strictObject({ value: z.number().gt(0), source: text(500) })),
      end_year: year,
      path,
      from: nullable(text(160)),
      split: nullable(z.enum(SPLIT_METHODS)),
      note: nullable(lines(2000)),
    })
    .transform(({ base_year, end_year, ...rest }) => ({ ...rest, baseYear: base_year, endYear: end_year })),
  show: (t) => ({
    node: t.node,
    indicator: t.indicator,
    ...(t.scheme && { scheme: t.scheme }),
    base_year: t.baseYear,
    ...(t.base && { base: t.base }),
    end_year: t.endYear,
    path: t.path,
    ...(t.from && { from: t.from }),
    ...(t.split && { split: t.split }),
    ...(t.note && { note: t.note }),
  }),
  check(t, { estate, policy }) {
    const faults: Fault[] = [];
    if (!estate.node(t.node)) faults.push({ path: ['node'], message: `no node ${JSON.stringify(t.node)}` });
    if (t.endYear <= t.baseYear || t.endYear - t.baseYear > YEARS) {
      faults.push({
        path: ['end_year'],
        message: `must be 1 to ${YEARS} years after the base year ${t.baseYear}`,
      });
    }
    const { numerator } = indicatorOf(t.indicator);
    if (numerator === 'energy' && t.scheme === null) {
      faults.push({ path: ['scheme'], message: 'a target of energy says in which scheme it is told' });
    } else if (numerator !== 'energy' && t.scheme !== null) {
      faults.push({ path: ['scheme'], message: `${t.indicator} is told without a scheme` });
    } else if (t.scheme !== null && !policy.get('scheme', t.scheme)) {
      faults.push({ path: ['scheme'], message: `no scheme ${JSON.stringify(t.scheme)}` });
    }
    if (t.path.kind === 'values') {
      let before = t.baseYear;
      t.path.values.forEach(({ year: of }, i) => {
        if (of <= before || of > t.endYear) {
          const message = `must be after ${before} and not after ${t.endYear}`;
          faults.push({ path: ['path', 'values', i, 'year'], message });
        }
        before = Math.max(before, of);
      });
    }
    return faults;
  },
};
