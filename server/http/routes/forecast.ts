import { createRoute, z } from '@hono/zod-openapi';
import { runningYear } from '../../conservation/target-year.ts';
import { unitOf } from '../../conservation/targets.ts';
import { waterfallOf } from '../../conservation/waterfalls.ts';
import { indicatorOf } from '../../domain/target.ts';
import { badField } from '../problem.ts';
import { nodeId, nodeOf, rangeOf, time } from '../query.ts';
import { ForecastShape, Waterfall } from '../schemas/forecast.ts';
import { IndicatorName } from '../schemas/indicators.ts';
import { forecastShape, waterfallShape } from '../shapes/targets.ts';
import { type Api, problems } from './common.ts';
import { targetGround } from './targets.ts';

const Of = z.object({
  node: nodeId,
  indicator: IndicatorName,
  scheme: z
    .string()
    .min(1)
    .max(160)
    .optional()
    .openapi({ description: 'Id of a coefficient scheme; without it the one of the settings' }),
});

export function addForecast(api: Api): void {
  const { app, deps } = api;
  /** Energy is told in a scheme, whether it was asked for or set; nothing else is. */
  const schemeOf = (
    node: string,
    indicator: z.infer<typeof IndicatorName>,
    asked?: string,
  ): string | null => {
    const policy = deps.catalogue.policy();
    if (asked !== undefined && !policy.get('scheme', asked)) {
      throw badField('scheme', `no scheme ${JSON.stringify(asked)}`);
    }
    if (indicatorOf(indicator).numerator !== 'energy') return null;
    return asked ?? policy.setting(deps.estate(), node, 'scheme')?.values[0] ?? null;
  };

  app.openapi(
    createRoute({
      method: 'get',
      path: '/forecast',
      tags: ['targets'],
      summary: 'Where the year will end, month by month, with the error of such forecasts in the past',
      description:
        'The model: level and trend, days off, heating and cooling degree-days, season. Where the past shows that ' +
        'years repeat it is mixed with last year: model_share says how much it counts. With less than 12 ' +
        'months of days it refuses and a straight line stands there, marked as such.',
      request: { query: Of },
      responses: {
        200: { description: 'The running year', content: { 'application/json': { schema: ForecastShape } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const { node: id, indicator, scheme: asked } = c.req.valid('query');
      const ground = targetGround(api);
      const node = nodeOf(ground.estate, id).id;
      const scheme = schemeOf(node, indicator, asked);
      const { numerator } = indicatorOf(indicator);
      const outlook = await ground.forecasts.of(ground, node, numerator, scheme, ground.now);
      const of = { node, indicator, scheme };
      const year = await runningYear(ground, of, null, outlook);
      const unit = await unitOf(ground, of);
      return c.json(forecastShape(ground.estate.zone, of, unit, year, outlook), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/waterfall',
      tags: ['targets'],
      summary: 'Why a period differs from the same one a year ago, in parts that add up',
      description:
        'weather and working days by the model of the forecast, where it holds; completeness: meters that are ' +
        'known in only one of the two; denominator: people or area; rest: everything else. from and to are ' +
        'taken as days, up to the last full one.',
      request: { query: Of.extend({ from: time, to: time }) },
      responses: {
        200: { description: 'The parts', content: { 'application/json': { schema: Waterfall } } },
        ...problems(400, 404),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const ground = targetGround(api);
      const { zone } = ground.estate;
      const node = nodeOf(ground.estate, query.node).id;
      const range = rangeOf(ground.estate, query);
      const span = {
        from: zone.startOf('day', range.from),
        to: zone.startOf('day', Math.min(range.to, ground.now)),
      };
      if (span.to <= span.from) throw badField('from', 'no full day of it is over');
      const scheme = schemeOf(node, query.indicator, query.scheme);
      const found = await waterfallOf(ground, node, query.indicator, span, scheme ?? undefined);
      return c.json(waterfallShape(zone, { node, indicator: query.indicator, scheme }, found), 200);
    },
  );
}
