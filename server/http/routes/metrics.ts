import type { OpenAPIHono } from '@hono/zod-openapi';
import type { HttpDeps } from '../deps.ts';

/** `GET /metrics`, where Prometheus looks for it: beside the API, not in it. */
export function addMetrics(app: OpenAPIHono, { operations }: Pick<HttpDeps, 'operations'>): void {
  app.get('/metrics', async () => {
    const text = await operations.metricsText();
    return new Response(text, {
      headers: { 'content-type': operations.metrics.contentType, 'cache-control': 'no-store' },
    });
  });
}
