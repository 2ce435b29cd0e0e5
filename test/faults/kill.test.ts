import { describe, expect, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { startServer } from '../support/server.ts';
import { accountFor, Fleet, gateway, pour, serverWith } from './support.ts';

/** 200 and more in the nightly form. */
const KILLS = Number(process.env.KILLS ?? 30);

describe('kill -9', () => {
  test('a gateway that sends 1,000 readings gets 1,000 acknowledgements and they are all there', async () => {
    const data = directory();
    const fleet = new Fleet(1);
    const server = await serverWith(data, fleet);
    const client = await gateway(server);
    await Promise.all(Array.from({ length: 1000 }, () => fleet.send(client)));
    await server.kill();
    client.end(true);
    const again = await startServer(data);
    expect(fleet.count).toBe(1000);
    const { account } = await accountFor(again, data, fleet);
    expect(account).toEqual({ received: 1000, stored: 1000, duplicate: 0, quarantined: 0, pending: 0 });
    await again.stop();
  });

  test(`${KILLS} times at random moments under load loses no acknowledged reading`, async () => {
    const data = directory();
    const fleet = new Fleet();
    let server = await serverWith(data, fleet);
    for (let kill = 0; kill < KILLS; kill++) {
      const client = await gateway(server);
      const stream = pour(fleet, client);
      await new Promise((done) => setTimeout(done, 20 + Math.random() * 300));
      await server.kill();
      client.end(true);
      await stream.end();
      server = await startServer(data);
    }
    await accountFor(server, data, fleet);
    expect(fleet.count).toBeGreaterThan(KILLS * 10);
    await server.stop();
    // Two hundred starts of 20 s each, where twenty others wait for the same two cores.
  }, 4_000_000);
});
