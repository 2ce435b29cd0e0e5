import { request } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { OF_THE_PAGE, signedInAt } from '../support/person.ts';
import { startServer, until } from '../support/server.ts';
import { accountFor, Fleet, healthUntil, serverWith } from './support.ts';

const START = Date.parse('2026-01-01T00:00:00+08:00');

test('SIGTERM during an import: it says how far it came, and the same file goes in whole afterwards', async () => {
  const data = directory();
  const fleet = new Fleet(1);
  const server = await serverWith(data, fleet);
  const { hostname, port } = new URL(server.url);
  const outgoing = request({
    hostname,
    port,
    method: 'POST',
    path: '/api/v1/readings?name=long',
    headers: { ...OF_THE_PAGE, 'content-type': 'text/csv', cookie: await signedInAt(server, 'importer') },
  });
  outgoing.on('error', () => {});
  onTestFinished(() => void outgoing.destroy());
  let answer = '';
  const answered = new Promise<void>((done) => {
    outgoing.on('response', (incoming) => {
      incoming.setEncoding('utf8');
      incoming.on('data', (text: string) => {
        answer += text;
      });
      incoming.on('error', () => {});
      incoming.on('close', done);
    });
  });
  let rows = 0;
  const csv = (count: number): string => {
    let text = '';
    for (const to = rows + count; rows < to; rows++) text += `m0,${START + rows * 1000},${rows}\n`;
    return text;
  };
  let file = 'meter,time,value\n';
  outgoing.write(file);
  const timer = setInterval(() => {
    const more = csv(400);
    file += more;
    outgoing.write(more);
  }, 50);
  onTestFinished(() => clearInterval(timer));
  await until(
    async () => answer,
    (text) => text.split('\n').length > 3,
  );
  const { code } = await server.stop();
  clearInterval(timer);
  await answered;
  expect(code, server.log()).toBe(0);
  const last = JSON.parse(answer.trimEnd().split('\n').at(-1) as string) as { problem: { detail: string } };
  expect(last.problem.detail).toMatch(
    /the server is stopping after it has read \d+ rows; send the file again/,
  );

  const again = await startServer(data);
  onTestFinished(() => void again.child.kill('SIGKILL'));
  const before = await healthUntil(again, (h) => h.account.pending === 0);
  expect(before.account.stored).toBeGreaterThan(0);
  const sent = await again.fetch('/api/v1/readings?name=long', {
    method: 'POST',
    headers: { 'content-type': 'text/csv' },
    body: file,
  });
  const done = JSON.parse((await sent.text()).trimEnd().split('\n').at(-1) as string) as object;
  expect(done).toEqual({
    rows,
    stored: rows - before.account.stored,
    duplicate: before.account.stored,
    quarantined: 0,
    done: true,
  });
  for (let i = 0; i < rows; i++) fleet.acknowledged[0]?.set(START + i * 1000, i);
  await accountFor(again, data, fleet);
  expect((await again.stop()).code).toBe(0);
}, 120_000);
