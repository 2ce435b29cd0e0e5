import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Forecasts } from '../../conservation/forecasts.ts';
import type { LatestReadings } from '../../conservation/latest.ts';
import type { Months } from '../../conservation/months.ts';
import type { HttpDeps } from '../deps.ts';
import type { LiveHub } from '../live.ts';
import { Problem } from '../schemas/common.ts';

/** What the route files share. */
export interface Api {
  app: OpenAPIHono;
  deps: HttpDeps;
  latest: LatestReadings;
  months: Months;
  forecasts: Forecasts;
  /** Those of months that are over, as reports tell them; kept apart, or each would put out today's. */
  pastForecasts: Forecasts;
  live: LiveHub;
}

const WORDS = {
  400: 'A parameter is wrong; `errors` names it',
  401: 'Not signed in, or the password or code is wrong',
  403: 'Not allowed; the code says why, where there is one',
  404: 'No such node or meter',
  409: 'It is in another state by now',
  413: 'The body is too large',
  415: 'The body is of a kind that is not taken',
  422: 'The content is wrong; `errors` names every place',
  429: 'Too often; retry-after tells when again',
  500: 'What is stored cannot be used; `detail` names it',
  503: 'Not now',
} as const;

/** Problem documents among the answers of a route. */
export function problems(...statuses: (keyof typeof WORDS)[]) {
  return Object.fromEntries(
    statuses.map((s) => [
      s,
      { description: WORDS[s], content: { 'application/problem+json': { schema: Problem } } },
    ]),
  );
}
