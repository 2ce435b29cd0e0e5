import { existsSync, statSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { listen, listenSocket } from '../../server/http/listen.ts';
import { LiveHub } from '../../server/http/live.ts';
import { Mailbox } from '../../server/http/mailbox.ts';
import { Account } from '../../server/http/schemas/health.ts';
import { LiveReading } from '../../server/http/schemas/readings.ts';
import type { Stored } from '../../server/ledger/stored.ts';
import { asking, person } from '../access/persons.ts';
import { directory } from '../support/directory.ts';
import { ESTATE } from './estate.ts';
import { type Rig, rig } from './rig.ts';

interface Event {
  event: string;
  data: unknown;
}

/** Reads events until the given number has come; the test's own deadline ends a wait that never ends. */
async function events(body: ReadableStream<Uint8Array>, enough: (all: Event[]) => boolean): Promise<Event[]> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const all: Event[] = [];
  let text = '';
  while (!enough(all)) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = /^event: (.*)$/m.exec(block)?.[1];
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (event && data) all.push({ event, data: JSON.parse(data) });
    }
  }
  await reader.cancel();
  return all;
}

test('a reading comes with its advance, only to those who watch its node', async () => {
  const r = await rig(ESTATE, { live: { accountMs: 50 } });
  const gov = await r.app.request('/api/v1/live?node=gov');
  expect(gov.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
  const lib = await r.app.request('/api/v1/live?node=lib');
  await r.feed([
    ['gov-main', '2026-11-18T10:00:00+08:00', 100],
    ['lib-main', '2026-11-18T10:00:00+08:00', 5],
  ]);
  await r.feed([['gov-main', '2026-11-18T10:30:00+08:00', 101]]);
  const readings = (all: Event[]): Event[] => all.filter((e) => e.event === 'reading');
  const seen = await events(gov.body as ReadableStream<Uint8Array>, (all) =>
    all.some((e) => e.event === 'reading' && (e.data as LiveReading).value === 101),
  );
  expect(seen[0]).toEqual({ event: 'hello', data: { now: '2026-11-18T12:00:00+08:00', node: 'gov' } });
  expect(LiveReading.parse(readings(seen).at(-1)?.data)).toEqual({
    meter: 'gov-main',
    name: '表 gov-main',
    node: 'gov',
    carrier: 'electricity',
    unit: 'kWh',
    time: '2026-11-18T10:30:00+08:00',
    value: 101,
    // 1 on the register × 40, in half an hour
    advance: 40,
    rate: 80,
  });
  const other = await events(
    lib.body as ReadableStream<Uint8Array>,
    (all) => all.filter((e) => e.event === 'account').length > 2,
  );
  expect(readings(other).map((e) => LiveReading.parse(e.data).meter)).toEqual(['lib-main']);
  const account = other.filter((e) => e.event === 'account').at(-1);
  expect(Account.parse(account?.data)).toMatchObject({ received: 3, stored: 3 });
});

test('one client too many is asked to come back, and a place is free once another has gone', async () => {
  const r = await rig(ESTATE, { live: { maxClients: 2 } });
  const first = await r.app.request('/api/v1/live');
  await r.app.request('/api/v1/live');
  const third = await r.app.request('/api/v1/live');
  expect([third.status, third.headers.get('retry-after')]).toEqual([503, '10']);
  await first.body?.cancel();
  expect((await r.app.request('/api/v1/live')).status).toBe(200);
  expect((await r.app.request('/api/v1/live?node=nowhere')).status).toBe(404);
  // HEAD takes no place.
  await third.body?.cancel();
  expect((await r.app.request('/api/v1/live', { method: 'HEAD' })).status).toBe(503);
});

test('who has most of all streams gives one up for somebody who has fewer, and gets none for it', async () => {
  const r = await rig(ESTATE);
  const ask = asking(r, { live: { maxClients: 3 } });
  const [one, other] = ['p1', 'p2'].map((id) => person([{ role: 'viewer', node: null }], id, id));
  const open = (who: typeof one): Promise<Response> => ask(who ?? null, '/api/v1/live');
  const [oldest, ...rest] = [await open(one), await open(one), await open(one)];
  expect((await open(one)).status).toBe(503);
  expect((await ask(other ?? null, '/api/v1/live', { method: 'HEAD' })).status).toBe(503);
  const admitted = await open(other);
  expect(admitted.status).toBe(200);
  // It ends: nothing but what had been handed over is read from it.
  await events(oldest?.body as ReadableStream<Uint8Array>, () => false);
  // 2 and 1: one more for either would leave the other with fewer.
  expect([(await open(one)).status, (await open(other)).status]).toEqual([503, 503]);
  for (const { body } of [...rest, admitted]) await body?.cancel();
});

test('what waits is bounded: the newest value of a meter, and the oldest entry goes first', async () => {
  const closed = vi.fn();
  const mailbox = new Mailbox({ size: 3, deadlineMs: 60_000, closed, drop: () => {} });
  for (let i = 0; i < 10_000; i++) mailbox.put(`meter ${i % 5}`, 'reading', String(i));
  expect(mailbox.waiting).toBe(3);
  const seen = await events(mailbox.stream, (all) => all.length === 3);
  expect(seen.map((e) => e.data)).toEqual([9997, 9998, 9999]);
  expect(closed).toHaveBeenCalledOnce();
  mailbox.put('late', 'reading', '1');
  expect(mailbox.waiting).toBe(0);
});

test('a client that never reads is cut off, and holds nothing until then', async () => {
  const r = await rig(ESTATE, { live: { deadlineMs: 300, mailbox: 500, maxClients: 1 } });
  let publish: (stored: readonly Stored[]) => void = () => {};
  const { onStored } = r.ledger;
  r.ledger.onStored = (listener) => {
    publish = listener;
    return onStored.call(r.ledger, listener);
  };
  const { port, close } = await listen(r.app, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => close(100));
  const socket = await connected(port);
  socket.pause();
  socket.write('GET /api/v1/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  const cut = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
    socket.once('error', () => resolve());
  });
  const meter = r.catalogue.snapshot().meter('gov-main') as Stored['meter'];
  // 400 meters with news again and again, in names that fill every buffer on the way.
  const flood = setInterval(() => {
    publish(
      Array.from({ length: 400 }, (_, i) => ({
        meter: { ...meter, no: i, name: 'x'.repeat(4000) },
        reading: { meter: i, time: Date.now(), value: 1, flags: 0 },
        advance: null,
        rate: null,
      })),
    );
  }, 5);
  onTestFinished(() => clearInterval(flood));
  await vi.waitFor(async () => expect(await placeFree(r)).toBe(false), { timeout: 60_000 });
  await vi.waitFor(async () => expect(await placeFree(r)).toBe(true), { timeout: 60_000, interval: 50 });
  clearInterval(flood);
  socket.resume();
  await cut;
});

test('a stop sends live clients away and does not wait for its grace', async () => {
  const r = await rig(ESTATE);
  const { port, close } = await listen(r.app, { host: '127.0.0.1', port: 0 });
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/live`);
  const all = events(response.body as ReadableStream<Uint8Array>, () => false);
  r.farewell();
  // A grace that no test lives to see the end of.
  await close(3_600_000);
  expect((await all).map((e) => e.event)).toEqual(expect.arrayContaining(['hello']));
  await expect(fetch(`http://127.0.0.1:${port}/api/v1/health`)).rejects.toThrow();
});

test('a client that will not go is cut when the grace is over', async () => {
  const r = await rig(ESTATE);
  const { port, close } = await listen(r.app, { host: '127.0.0.1', port: 0 });
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/live`);
  const all = events(response.body as ReadableStream<Uint8Array>, () => false);
  all.catch(() => {});
  await close(300);
  await expect(all).rejects.toThrow();
});

test('the address that is taken is told; a socket that nobody serves is taken over', async () => {
  const r = await rig(ESTATE);
  const { port, close } = await listen(r.app, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => close(100));
  await expect(listen(r.app, { host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'EADDRINUSE' });

  const path = join(directory(), 'control.sock');
  const first = await listenSocket(r.app, path);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await expect(listenSocket(r.app, path)).rejects.toThrow('another process listens there');
  expect(await overSocket(path, '/api/v1/tree')).toContain('示例市');
  await first.close(100);
  expect(existsSync(path)).toBe(false);
});

test('nobody watching costs nothing', async () => {
  const r = await rig(ESTATE);
  let listeners = 0;
  const hub = new LiveHub({
    ...r.deps,
    wholeEstate: () => r.catalogue.snapshot(),
    ledger: {
      error: null,
      clocks: r.ledger.clocks,
      onWritten: () => () => {},
      onRecomputed: () => () => {},
      onStored: () => {
        listeners++;
        return () => listeners--;
      },
    },
  });
  const stream = hub.open({ node: null, reach: 'all', account: true, session: null, who: '' }, () => {});
  expect([hub.clients, listeners]).toEqual([1, 1]);
  await stream.cancel();
  expect([hub.clients, listeners]).toEqual([0, 0]);
});

/** Whether one more live client would be let in. */
async function placeFree(r: Rig): Promise<boolean> {
  const response = await r.app.request('/api/v1/live');
  await response.body?.cancel();
  return response.status === 200;
}

function connected(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => resolve(socket));
    socket.once('error', reject);
    onTestFinished(() => void socket.destroy());
  });
}

function overSocket(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, headers: { host: 'localhost' } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
