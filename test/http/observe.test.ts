import { Hono } from 'hono';
import { expect, test, vi } from 'vitest';
import { observe } from '../../server/http/observe.ts';
import { createLog } from '../../server/operations/log.ts';

/** An app of one route, its lines as the program writes them, and what was counted. */
function observed() {
  const lines: Record<string, unknown>[] = [];
  const log = createLog('debug', { write: (line: string) => void lines.push(JSON.parse(line)) });
  const counted: unknown[][] = [];
  const app = new Hono();
  app.use(
    '*',
    observe(log, (...of) => void counted.push(of)),
  );
  app.get('/api/meters/:id', (c) => c.text('ok'));
  app.get('/*', (c) => c.text('page'));
  return { app, lines, counted };
}

test('a request is a line at debug: its route and path, never its query', async () => {
  const { app, lines, counted } = observed();
  await app.request('/api/meters/gov-main?token=geheim', {
    headers: { 'x-request-id': 'gw-7', authorization: 'Bearer geheim', cookie: 'sid=geheim' },
  });
  expect(lines).toEqual([
    expect.objectContaining({
      level: 20,
      msg: 'http: request',
      request_id: 'gw-7',
      method: 'GET',
      route: '/api/meters/:id',
      path: '/api/meters/gov-main',
      status: 200,
      duration_ms: expect.any(Number),
    }),
  ]);
  expect(JSON.stringify(lines)).not.toContain('geheim');
  expect(counted).toEqual([['GET', '/api/meters/:id', 200, expect.any(Number)]]);
});

test('one that took more than a second is a line at warn, with how long', async () => {
  const { app, lines, counted } = observed();
  const clock = vi.spyOn(performance, 'now');
  clock.mockReturnValueOnce(5000).mockReturnValueOnce(6000.04);
  await app.request('/api/meters/gov-main');
  clock.mockReturnValueOnce(7000).mockReturnValueOnce(8000);
  await app.request('/api/meters/gov-main');
  clock.mockRestore();
  // 6000.04 − 5000 ms is more than a second by a little, 8000 − 7000 ms is not.
  expect(lines.map((line) => [line.level, line.msg, line.duration_ms])).toEqual([
    [40, 'http: slow request', 1000],
    [20, 'http: request', 1000],
  ]);
  expect(counted.map((of) => of[3])).toEqual([expect.closeTo(1.00004, 6), 1]);
});

test('a path has a bound, and that of a file is counted as the dashboard', async () => {
  const { app, lines, counted } = observed();
  await app.request(`/${'x'.repeat(5000)}`);
  expect(String(lines[0]?.path).length).toBe(200);
  expect(counted[0]?.slice(0, 3)).toEqual(['GET', 'dashboard', 200]);
});
