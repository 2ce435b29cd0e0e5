import type { ForecastKind } from '../domain/forecast.ts';
import type { Lack } from '../domain/indicator.ts';
import { METRIC_RULES, type Quota } from '../domain/quota.ts';
import type { DayGround, NumeratorSeries } from './day-history.ts';
import type { Forecasts } from './forecasts.ts';
import { kgceOf } from './ground.ts';
import type { Line } from './quota-lines.ts';

/** How the year of a quota goes on, in the unit of its numerator. */
export interface Projection {
  /** The days before it are known, those from it on are projected. */
  until: number;
  kind: ForecastKind | null;
  /** Of the days to come; null: nothing is known to go by. */
  rest: number | null;
  /** Half of the width of the interval that 80 of 100 end in; null: no error is known. */
  margin: number | null;
  /** Mean error of such forecasts of a year's total in the past, as a share of it; null: never tried. */
  mape: number | null;
  lacks: Lack[];
}

/** @param until first instant of the days to come */
export type Project = (
  node: string,
  quota: Quota,
  lines: readonly Line[],
  until: number,
) => Promise<Projection>;

/**
 * Projects what a quota counts to the end of the year that runs: its days, with all that is added and subtracted,
 * are forecast as one sum, so that the error is that of the figure itself.
 */
export function projector(ground: DayGround, forecasts: Forecasts): Project {
  const { estate, policy } = ground;
  return async (node, quota, lines, until) => {
    const { of, part } = METRIC_RULES[quota.metric];
    const scheme = quota.scheme === null ? null : (policy.get('scheme', quota.scheme) ?? null);
    const terms = (): NumeratorSeries[] =>
      lines.map(({ role, series }) => {
        const sign = role === 'used' || part === 'heating' ? 1 : -1;
        const kgce = kgceOf(estate.zone, scheme, series);
        return {
          series,
          rateAt: (at) => {
            const per = of === 'energy' ? kgce(estate.zone.startOf('month', at)) : 1;
            return per === null ? null : sign * per;
          },
        };
      });
    const { forecast, lacks } = await forecasts.ofTerms(ground, node, `quota ${quota.id}`, of, terms, until);
    return {
      until,
      kind: forecast?.kind ?? null,
      rest: forecast?.rest ?? null,
      margin: forecast?.margin ?? null,
      mape: forecast?.backtest?.mape ?? null,
      lacks,
    };
  };
}
