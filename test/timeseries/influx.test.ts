import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type InfluxSettings, InfluxTimeSeries } from '../../server/timeseries/influx.ts';
import { RefusedReadings, StoreUnavailable } from '../../server/timeseries/port.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { Gate } from '../support/relay.ts';
import { EVER, handOver } from './contract.ts';

const start = Date.parse('2026-01-01T00:00:00+08:00');

/** An HTTP server that answers as the test says, for what a sound InfluxDB does not do on demand. */
async function imposter(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Answers `/ping` and the look at the layout soundly, and gives the rest to the test. */
function sound(rest: RequestListener): RequestListener {
  return (request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.setHeader('x-influxdb-version', 'v2.7.11');
      if (request.url === '/ping') return response.writeHead(204).end();
      if (!body.includes('layout')) return rest(request, response);
      response.setHeader('content-type', 'application/json');
      response.end('{"results":[{"series":[{"columns":["time","layout"],"values":[[0,1]]}]}]}\n');
    });
  };
}

/** Why a server is waited for, with the program started all the same. */
async function outageOf(settings: InfluxSettings): Promise<string | undefined> {
  const store = new InfluxTimeSeries(settings);
  await store.start();
  const why = store.outage()?.why;
  await expect(store.latest()).rejects.toThrow(why);
  await store.stop();
  return why;
}

describe('a server that is not as it should be', () => {
  test('none at all', async () => {
    // Nobody listens on port 1 of the loopback.
    const store = new InfluxTimeSeries({ url: 'http://127.0.0.1:1' });
    expect(await store.start()).toEqual({ engine: 'influxdb', version: 'unknown' });
    const words = 'InfluxDB at http://127.0.0.1:1 cannot be reached: connect ECONNREFUSED 127.0.0.1:1';
    expect(store.outage()).toEqual({ since: expect.any(Number), why: words });
    await expect(store.latest()).rejects.toThrow(words);
    await expect(store.latest()).rejects.toBeInstanceOf(StoreUnavailable);
    await store.stop();
  });

  test('something else than an InfluxDB', async () => {
    const url = await imposter((_, response) => response.end('hello'));
    expect(await outageOf({ url })).toBe(`${url} answers, but not as an InfluxDB does`);
    const other = await imposter((_, response) => response.writeHead(404).end('no such page'));
    expect(await outageOf({ url: other })).toBe(`InfluxDB at ${other}: no such page (HTTP 404)`);
  });

  test('a generation that is not supported', async () => {
    const url = await imposter((_, response) =>
      response.writeHead(204, { 'x-influxdb-version': '0.9.6' }).end(),
    );
    await expect(new InfluxTimeSeries({ url }).start()).rejects.toThrow(
      '0.9.6: 1.x, 2.x and 3.x are supported',
    );
  });

  test('a 2.x without the bucket: the message says how to make one', async () => {
    const url = await imposter((request, response) => {
      response.setHeader('x-influxdb-version', 'v2.7.11');
      if (request.url === '/ping') return response.writeHead(204).end();
      response.writeHead(404, { 'content-type': 'application/json' });
      response.end('{"code":"not found","message":"database not found: estate"}');
    });
    expect(await outageOf({ url, database: 'estate' })).toMatch(
      /database not found: estate .*influx bucket create --name estate/,
    );
  });

  test('one that falls silent before or within an answer', async () => {
    expect(await outageOf({ url: await imposter(() => {}), timeoutMs: 200 })).toMatch(
      /was silent for 200 ms$/,
    );
    const url = await imposter(
      sound((_, response) => void response.write('{"results":[{"series":[{"tags":{"me')),
    );
    const store = new InfluxTimeSeries({ url, timeoutMs: 300 });
    expect(await store.start()).toEqual({ engine: 'influxdb', version: '2.7.11' });
    await expect(store.readings([1], ...EVER)).rejects.toThrow('was silent for 300 ms');
    await expect(
      store.write(handOver({ readings: [{ meter: 1, time: 0, value: 1, flags: 0 }] })),
    ).rejects.toThrow('was silent for 300 ms (writing 1 readings)');
  });

  test('one that breaks off within an answer: half of it is not taken for the whole', async () => {
    const piece =
      '{"results":[{"series":[{"tags":{"meter":"1"},"columns":["time","value","flags"],"values":[[0,1,0]],"partial":true}]}]}\n';
    const url = await imposter(
      sound((_, response) => {
        response.write(piece);
        setTimeout(() => response.destroy(), 50);
      }),
    );
    const store = new InfluxTimeSeries({ url });
    await store.start();
    await expect(store.readings([1], ...EVER)).rejects.toThrow('cannot be reached');
  });

  test('one that gives up within an answer says why', async () => {
    const url = await imposter(
      sound((_, response) => response.end('{"results":[{"error":"query-timeout reached"}]}\n')),
    );
    const store = new InfluxTimeSeries({ url });
    await store.start();
    await expect(store.sums('day', [1], ...EVER)).rejects.toThrow(
      `InfluxDB at ${url}: query-timeout reached`,
    );
  });

  test('a 3.x that refuses a line: number, reason and line are in the message', async () => {
    const url = await imposter(
      sound((_, response) => {
        response.writeHead(400, { 'content-type': 'application/json' });
        response.end(
          '{"error":"partial write of line protocol occurred","data":[{"original_line":"readings,meter=1 v","line_number":7,"error_message":"no value"}]}',
        );
      }),
    );
    const store = new InfluxTimeSeries({ url });
    await store.start();
    await expect(
      store.write(handOver({ readings: [{ meter: 1, time: 0, value: 1, flags: 0 }] })),
    ).rejects.toThrow(
      'partial write of line protocol occurred: line 7: no value: readings,meter=1 v (HTTP 400)',
    );
  });
});

describe.skipIf(!hasInflux())('InfluxDB 1.x with authentication and a row limit', () => {
  const server = new InfluxServer('auth-enabled = true\n  max-row-limit = 100');
  const token = 'admin:it is:secret';
  const authorization = `Basic ${Buffer.from(token).toString('base64')}`;
  const ask = (q: string, db = ''): Promise<string> => server.query(q, db, { authorization });
  const opened = (database = server.database()): InfluxTimeSeries =>
    new InfluxTimeSeries({ url: server.url, database, token });

  beforeAll(async () => {
    await server.start();
    await server.query(`CREATE USER admin WITH PASSWORD 'it is:secret' WITH ALL PRIVILEGES`);
  });
  afterAll(() => server.remove());

  test('user and password open it, as setting or inside the address, and never show in a message', async () => {
    expect(await opened().start()).toEqual({ engine: 'influxdb', version: expect.stringMatching(/^1\./) });
    const url = server.url.replace('//', `//admin:${encodeURIComponent('it is:secret')}@`);
    await new InfluxTimeSeries({ url, database: server.database() }).start();
    for (const wrong of [
      { url: server.url, database: 'x' },
      { url: server.url, database: 'x', token: 'admin:wrong' },
      { url: url.replace('secret', 'wrong'), database: 'x' },
    ]) {
      const why = await outageOf(wrong);
      expect(why).toMatch(/\(HTTP 401\): see INFLUX_TOKEN$/);
      expect(why).not.toMatch(/wrong/);
    }
  });

  test("an answer longer than the server's row limit comes whole", async () => {
    const store = opened();
    await store.start();
    const readings = Array.from({ length: 250 }, (_, i) => ({
      meter: 1,
      time: start + i,
      value: i,
      flags: 0,
    }));
    await store.write(handOver({ readings }));
    expect(await store.readings([1], ...EVER)).toEqual(readings);
  });

  test('the database is made to keep for ever; one that forgets is refused with the remedy', async () => {
    const database = server.database();
    await opened(database).start();
    expect(await ask(`SHOW RETENTION POLICIES ON "${database}"`)).toContain(
      '["autogen","0s","2160h0m0s",1,true]',
    );
    const short = server.database();
    await ask(`CREATE DATABASE "${short}" WITH DURATION 30d NAME "month"`);
    await expect(opened(short).start()).rejects.toThrow(
      `forgets after 720h0m0s: ALTER RETENTION POLICY "month" ON "${short}" DURATION INF`,
    );
    await ask(`ALTER RETENTION POLICY "month" ON "${short}" DURATION INF`);
    await opened(short).start();
  });

  test('a database of a newer layout is refused', async () => {
    const database = server.database();
    await opened(database).start();
    await opened(database).start();
    await ask(`SELECT layout + 1 AS layout INTO jieneng FROM jieneng`, database);
    await expect(opened(database).start()).rejects.toThrow(
      `database ${database} at ${server.url} has layout 2, this program knows 1`,
    );
  });

  test("a refused line is an error in the server's words, and what is sound goes through afterwards", async () => {
    const database = server.database();
    const store = opened(database);
    await store.start();
    // Somebody else's program wrote a whole number first: the field is an integer now, in this shard.
    const foreign = await fetch(`${server.url}/write?db=${database}&precision=ms`, {
      method: 'POST',
      headers: { authorization },
      body: `readings,meter=2 value=1i ${start}`,
    });
    expect(foreign.status).toBe(204);
    // The field's type holds within a shard of 90 days: what lies elsewhere is not concerned.
    const readings = Array.from({ length: 100 }, (_, i) => ({
      meter: 1,
      time: i % 10 === 3 ? start + i : start - (200 * 86_400_000 + i),
      value: i,
      flags: 0,
    }));
    const refusal = await store.write(handOver({ readings })).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refusal).toBeInstanceOf(RefusedReadings);
    const { refused } = refusal as RefusedReadings;
    const concerned = readings.filter((_, i) => i % 10 === 3);
    expect(refused.map((r) => r.reading)).toEqual(concerned);
    for (const { why } of refused) {
      expect(why).toMatch(
        /field type conflict: input field "value" on measurement "readings" is type float, already exists as type integer.*\(HTTP 400\)/,
      );
    }
    const kept = readings.filter((r) => !concerned.includes(r)).sort((a, b) => a.time - b.time);
    expect(await store.readings([1], ...EVER)).toEqual(kept);
    await ask('DROP MEASUREMENT readings', database);
    await store.write(handOver({ readings: concerned }));
    expect(await store.readings([1], ...EVER)).toEqual(concerned);
  });

  test('a request that is too large is divided, and later ones are smaller; a wait that is asked for is kept', async () => {
    const gate = new Gate(server.url);
    await gate.start();
    onTestFinished(() => gate.stop());
    const store = new InfluxTimeSeries({ url: gate.url, database: server.database(), token });
    await store.start();
    const sizes: number[] = [];
    let busy = 2;
    gate.refuse = (path, body) => {
      if (!path.startsWith('/write')) return null;
      const lines = body.split('\n').length;
      sizes.push(lines);
      if (lines > 100) return { status: 413, body: '{"error":"Request Entity Too Large"}' };
      return busy-- > 0 ? { status: 429, body: '{"error":"later"}', headers: { 'retry-after': '0' } } : null;
    };
    const readings = Array.from({ length: 300 }, (_, i) => ({
      meter: 1,
      time: start + i,
      value: i,
      flags: 0,
    }));
    await store.write(handOver({ readings }));
    expect(await store.readings([1], ...EVER)).toEqual(readings);
    // 300 and 150 are too large, the first 75 are told twice to come again, and the rest comes in pieces of 75.
    expect(sizes).toEqual([300, 150, 75, 75, 75, 75, 150, 75, 75]);
    sizes.length = 0;
    await store.write(handOver({ readings: readings.slice(0, 150) }));
    expect(sizes).toEqual([75, 75]);
    // Longer than a hand-over waits: it fails, and says for how long.
    gate.refuse = () => ({ status: 503, body: '{"error":"busy"}', headers: { 'retry-after': '3600' } });
    const failed = await store.write(handOver({ readings })).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(StoreUnavailable);
    expect((failed as StoreUnavailable).retryAfterMs).toBe(3_600_000);
    await store.stop();
  });

  test('a server that refuses everything refuses no reading in particular', async () => {
    const gate = new Gate(server.url);
    await gate.start();
    onTestFinished(() => gate.stop());
    const store = new InfluxTimeSeries({ url: gate.url, database: server.database(), token });
    await store.start();
    gate.refuse = (path) =>
      path.startsWith('/write') ? { status: 400, body: '{"error":"no writes"}' } : null;
    const reading = { meter: 1, time: start, value: 1, flags: 0 };
    await expect(store.write(handOver({ readings: [reading] }))).rejects.toThrow(/no writes \(HTTP 400\)/);
    await expect(store.write(handOver({ readings: [reading] }))).rejects.toBeInstanceOf(StoreUnavailable);
    await store.stop();
  });

  test('a value that is no number never leaves', async () => {
    const store = opened();
    await store.start();
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(
        store.write(handOver({ readings: [{ meter: 1, time: start, value, flags: 0 }] })),
      ).rejects.toThrow(RangeError);
    }
  });
});
