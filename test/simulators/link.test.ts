import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { asGateway, Link } from '../../simulators/link.ts';
import { until } from './broker.ts';

test('a link that is closed before the broker has answered stays closed', async () => {
  const sockets: Socket[] = [];
  // Takes connections as a broker on a busy machine does, and answers none of them.
  const silent = createServer((socket) => sockets.push(socket.on('error', () => {}).resume())).listen(
    0,
    '127.0.0.1',
  );
  onTestFinished(() => void silent.close());
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const link = new Link({
    url: `mqtt://127.0.0.1:${port}`,
    clientId: 'gateway',
    encode: asGateway('gateway', 10),
  });
  link.open();
  await until(() => sockets.length === 1, 'the connection');
  await link.close();
  await until(() => sockets[0]?.destroyed === true, 'its end');
  // A link that goes on trying does so every second.
  await wait(2500);
  expect(sockets).toHaveLength(1);
});
