import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { jieneng } from '../cli/jieneng.ts';
import { directory } from '../support/directory.ts';
import { hasPostgres, PostgresServer } from '../support/postgres.ts';
import { type RunningServer, startServer, until } from '../support/server.ts';

const LONG = 30_000;
const meter = (id: string, multiplier: number, more = ''): string =>
  `  - { id: ${id}, name: 总表 ${id}, node: gov, carrier: electricity, multiplier: ${multiplier}${more} }\n`;
const estate = (multiplier: number): string =>
  `version: 1\nnodes:\n  - { id: gov, name: 行政中心, kind: building }\nmeters:\n${meter('a', 1)}${meter('b', multiplier)}`;

interface Health {
  status: string;
  problems: string[];
  catalogue: { engine: string; version: number; error: string | null };
}

describe.runIf(hasPostgres())('several processes on one catalogue', () => {
  const postgres = new PostgresServer();
  beforeAll(() => postgres.start());
  afterAll(() => postgres.remove());

  const started = async (data: string, url: string): Promise<RunningServer> => {
    const server = await startServer(data, { DATABASE_URL: url });
    onTestFinished(async () => void (await server.stop()));
    return server;
  };
  const put = (server: RunningServer, file: string): Promise<Response> =>
    server.fetch('/api/v1/estate', {
      method: 'PUT',
      headers: { 'content-type': 'application/yaml' },
      body: file,
    });
  const health = async (server: RunningServer): Promise<Health> =>
    (await (await server.fetch('/api/v1/health')).json()) as Health;
  const day = async (server: RunningServer, id: string): Promise<number | null> => {
    const asked = `/api/v1/consumption?meter=${id}&from=2026-03-01&to=2026-03-02&by=day`;
    const { rows } = (await (await server.fetch(asked)).json()) as { rows: { quantity: number | null }[] };
    return rows[0]?.quantity ?? null;
  };
  /** 97 quarters of an hour in which the register advances by 96. */
  const readings = async (server: RunningServer, id: string): Promise<Response> => {
    const lines = Array.from({ length: 97 }, (_, i) => {
      const time = new Date(Date.parse('2026-03-01T00:00:00+08:00') + i * 900_000).toISOString();
      return `${id},${time},${1000 + i}`;
    });
    return server.fetch('/api/v1/readings?name=day.csv', {
      method: 'POST',
      headers: { 'content-type': 'text/csv' },
      body: `meter,time,value\n${lines.join('\n')}\n`,
    });
  };

  test('what one writes the other sees, and computes its own meters again; without the database both go on', async () => {
    const url = postgres.schema();
    const base = directory();
    const [one, two] = [await started(join(base, 'one'), url), await started(join(base, 'two'), url)];
    expect((await put(one, estate(40))).status).toBe(200);
    await until(
      () => health(two),
      (h) => h.catalogue.version === 1,
      LONG,
    );
    await (await readings(two, 'b')).text();
    // 96 × 40
    await until(
      () => day(two, 'b'),
      (kwh) => kwh === 96 * 40,
      LONG,
    );
    expect((await put(one, estate(60))).status).toBe(200);
    await until(
      () => day(two, 'b'),
      (kwh) => kwh === 96 * 60,
      LONG,
    );
    expect(await day(one, 'b')).toBeNull();
    expect(await health(one)).toMatchObject({
      catalogue: { engine: 'postgresql', version: 2, error: null },
    });

    const unkept = await one.fetch('/api/v1/nodes/gov/attributes/people', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ values: [{ from: '2026-01-01', value: 5 }], recorded_by: 'a\0b' }),
    });
    expect(unkept.status).toBe(400);
    expect(await unkept.json()).toMatchObject({ detail: expect.stringContaining('U+0000') });

    await postgres.stop();
    const away = await until(
      () => health(two),
      (h) => h.catalogue.error !== null,
      LONG,
    );
    expect(away.status).toBe('failing');
    // Nobody is to turn its gateways away for that.
    expect((await two.fetch('/api/v1/health/ready')).status).toBe(200);
    expect(away.problems).toContainEqual(
      expect.stringMatching(/^the catalogue cannot be changed: postgres:/),
    );
    const refused = await put(two, estate(80));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await refused.json()).toMatchObject({
      status: 503,
      detail: expect.stringContaining("the catalogue's database cannot be used at present"),
    });
    expect((await two.fetch('/api/v1/meters')).status).toBe(200);
    // Readings are taken and computed from what is in memory.
    await (await readings(two, 'a')).text();
    await until(
      () => day(two, 'a'),
      (kwh) => kwh === 96,
      LONG,
    );
    await postgres.start();
    await until(
      () => put(two, estate(80)),
      (answer) => answer.status === 200,
      LONG,
    );
    await until(
      () => health(one),
      (h) => h.catalogue.version === 3 && h.catalogue.error === null,
      LONG,
    );
    await until(
      () => day(two, 'b'),
      (kwh) => kwh === 96 * 80,
      LONG,
    );
    for (const server of [one, two]) {
      expect(server.log()).not.toContain(postgres.password);
      expect(JSON.stringify(await health(server))).not.toContain(postgres.password);
    }
  }, 300_000);

  test('a catalogue is moved, backed up while the server runs, and restored into a file and into a database', async () => {
    const base = directory();
    const [data, copy] = [join(base, 'data'), join(base, 'copy')];
    const settings = (at: string, url: string): void =>
      writeFileSync(join(at, 'settings.yaml'), `DATABASE_URL: ${url}\n`);
    const url = postgres.schema();
    expect((await jieneng(data, ['estate', 'apply', '-'], estate(40))).code).toBe(0);
    expect(await jieneng(data, ['catalogue', 'move'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('DATABASE_URL is not set'),
    });
    settings(data, url);
    // Nobody works on an empty database by mistake.
    expect(await jieneng(data, ['estate', 'export'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('`jieneng catalogue move` moves it there'),
    });
    const moved = await jieneng(data, ['catalogue', 'move']);
    expect(moved).toMatchObject({ code: 0, err: expect.stringContaining('rows moved') });
    expect(readdirSync(data)).toContain('catalogue.moved.sqlite');
    const exported = await jieneng(data, ['estate', 'export']);
    expect(exported).toMatchObject({ code: 0, out: expect.stringContaining('id: b') });

    const server = await startServer(data);
    const backup = await jieneng(data, ['backup', copy]);
    await server.stop();
    expect(backup).toMatchObject({ code: 0 });
    expect(existsSync(join(copy, 'catalogue.sqlite'))).toBe(true);

    const plain = join(base, 'plain');
    expect((await jieneng(plain, ['restore', copy])).code).toBe(0);
    expect((await jieneng(plain, ['estate', 'export'])).out).toBe(exported.out);

    const onto = join(base, 'onto');
    expect((await jieneng(onto, ['restore', copy], '', { DATABASE_URL: postgres.schema() })).code).toBe(0);
    expect(existsSync(join(onto, 'catalogue.sqlite'))).toBe(false);
    expect(await jieneng(join(base, 'again'), ['restore', copy], '', { DATABASE_URL: url })).toMatchObject({
      code: 1,
      err: expect.stringContaining('holds a catalogue already'),
    });
  }, 300_000);
});
