import { Hono } from 'hono';
import { expect, test } from 'vitest';
import { addressOf, isEncrypted, isLoopback, knowClient } from '../../server/http/address.ts';

const TRUSTED = ['127.0.0.1', '10.0.0.0/8', 'fd00::/8'];

/** What is known of a request that comes from a socket with the headers. */
async function known(
  socket: { remoteAddress: string; encrypted?: boolean },
  headers: Record<string, string> = {},
  trusted = TRUSTED,
): Promise<unknown> {
  const app = new Hono();
  app.use('*', knowClient(trusted));
  app.get('/', (c) => c.json([addressOf(c), isEncrypted(c)]));
  return (await app.request('/', { headers }, { incoming: { socket } })).json();
}
const forwarded = (of: string, proto = 'https') => ({ 'x-forwarded-for': of, 'x-forwarded-proto': proto });

test.each([
  ['a client says nothing', { remoteAddress: '192.0.2.1' }, {}, ['192.0.2.1', false]],
  ['a client over TLS', { remoteAddress: '192.0.2.1', encrypted: true }, {}, ['192.0.2.1', true]],
  ['a client lies', { remoteAddress: '192.0.2.1' }, forwarded('10.0.0.9'), ['192.0.2.1', false]],
  ['a proxy tells', { remoteAddress: '127.0.0.1' }, forwarded('192.0.2.1'), ['192.0.2.1', true]],
  ['a proxy over IPv6', { remoteAddress: 'fd00::1' }, forwarded('2001:db8::1'), ['2001:db8::1', true]],
  [
    'a socket of both families',
    { remoteAddress: '::ffff:10.1.1.1' },
    forwarded('192.0.2.1'),
    ['192.0.2.1', true],
  ],
  [
    'a proxy without TLS',
    { remoteAddress: '127.0.0.1' },
    forwarded('192.0.2.1', 'http'),
    ['192.0.2.1', false],
  ],
  ['two proxies', { remoteAddress: '127.0.0.1' }, forwarded('192.0.2.1, 10.0.0.7'), ['192.0.2.1', true]],
  [
    'a client lies to a proxy',
    { remoteAddress: '127.0.0.1' },
    forwarded('10.0.0.9, 192.0.2.1'),
    ['192.0.2.1', true],
  ],
  [
    'a proxy tells nonsense',
    { remoteAddress: '127.0.0.1' },
    forwarded('192.0.2.1, unknown'),
    ['127.0.0.1', true],
  ],
  ['a proxy tells nothing', { remoteAddress: '127.0.0.1' }, {}, ['127.0.0.1', false]],
])('%s', async (_, socket, headers, expected) => {
  expect(await known(socket, headers)).toEqual(expected);
});

test('nobody is believed unless the settings say so', async () => {
  expect(await known({ remoteAddress: '127.0.0.1' }, forwarded('192.0.2.1'), [])).toEqual([
    '127.0.0.1',
    false,
  ]);
});

test('a chain of any length is looked at only so far', async () => {
  const chain = Array<string>(1000).fill('10.0.0.1');
  expect(await known({ remoteAddress: '127.0.0.1' }, forwarded(['192.0.2.1', ...chain].join(',')))).toEqual([
    '10.0.0.1',
    true,
  ]);
});

test.each([
  ['127.0.0.1', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['localhost', true],
  ['0.0.0.0', false],
  ['::', false],
  ['192.168.0.2', false],
])('%s is loopback: %s', (host, is) => {
  expect(isLoopback(host)).toBe(is);
});
