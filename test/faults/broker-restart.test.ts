import { describe, expect, onTestFinished, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { mosquittoInstalled, startMosquitto } from '../support/mosquitto.ts';
import { until } from '../support/server.ts';
import { accountFor, Fleet, gateway, healthUntil, pour, serverWith } from './support.ts';

describe.skipIf(!mosquittoInstalled)('an external broker', () => {
  test('that is restarted, and one that has forgotten the session: what it acknowledged and kept is stored', async () => {
    const broker = await startMosquitto();
    onTestFinished(() => broker.stop());
    const data = directory();
    const fleet = new Fleet();
    const server = await serverWith(data, fleet, { MQTT_URL: `mqtt://127.0.0.1:${broker.port}` });
    const reached = (problems: readonly string[]): boolean => !/is not reached/.test(problems.join('; '));
    await healthUntil(server, (h) => reached(h.problems));
    const send = async (readings: number): Promise<void> => {
      const to = fleet.count + readings;
      const stream = pour(fleet, await gateway({ mqttPort: broker.port }));
      await until(
        async () => fleet.count,
        (n) => n >= to,
      );
      await stream.end();
    };
    await send(300);

    // What waits in the broker for its subscriber is on its disk.
    process.kill(server.pid, 'SIGSTOP');
    await send(300);
    await broker.save();
    await broker.kill();
    process.kill(server.pid, 'SIGCONT');
    const cut = await healthUntil(server, (h) => !reached(h.problems));
    expect(cut.status).toBe('failing');
    await broker.start();
    await healthUntil(server, (h) => reached(h.problems) && h.account.stored >= fleet.count);
    await send(300);
    await healthUntil(server, (h) => h.account.stored >= fleet.count && h.account.pending === 0);

    await broker.kill();
    await healthUntil(server, (h) => !reached(h.problems));
    await broker.start(['persistence_file another.db']);
    const lost = await healthUntil(server, (h) => reached(h.problems) && h.problems.length > 0);
    expect(lost.problems.join('; ')).toMatch(/session/);
    await send(300);
    await healthUntil(server, (h) => h.account.stored >= fleet.count);
    await accountFor(server, data, fleet, { status: 'degraded' });
    expect((await server.stop()).code).toBe(0);
  }, 180_000);
});
