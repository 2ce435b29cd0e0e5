import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { Devices } from '../../server/access/devices.ts';
import { startBroker } from '../../server/intake/broker.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import { demoEstate } from '../../simulators/estate.ts';
import { startLive } from '../../simulators/live.ts';
import { replay } from '../../simulators/replay.ts';
import { replayEstate } from '../../simulators/replay-estate.ts';
import { temporaryCatalogue } from '../catalogue/temporary-catalogue.ts';
import { MemorySink, silent } from '../intake/support.ts';
import { until } from './broker.ts';

/** A broker that lets in nobody without a credential, and the secrets of everybody in an estate. */
async function guarded(file: unknown) {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate(file, 'test');
  const estate = () => catalogue.snapshot();
  const devices = new Devices({
    store: catalogue.devices,
    estate,
    now: Date.now,
    anonymous: false,
    log: silent,
  });
  const made = devices.addAll(devices.without(estate()), 'test');
  const sink = new MemorySink();
  const context = () => ({ estate: estate(), profiles: compileProfiles(), now: Date.now() });
  const broker = await startBroker({ host: '127.0.0.1', port: 0, sink, context, door: devices, log: silent });
  onTestFinished(() => broker.stop());
  const secrets = new Map(made.map(({ device, secret }) => [device.name, secret]));
  return { url: `mqtt://127.0.0.1:${broker.port}`, devices, secrets, sink };
}

test('every gateway and lone meter of the demo reports under its own credential, and for its own meters alone', async () => {
  const { url, devices, secrets, sink } = await guarded(demoEstate());
  const live = await startLive({ url, every_s: 3600, credentials: secrets, faults: false });
  await until(() => live.stats.acked >= 119, 'the first report of every meter');
  await live.stop();
  expect(live.stats).toMatchObject({ sent: 119, acked: 119, pending: 0 });
  expect(new Set(sink.readings.map((r) => r.meter)).size).toBe(119);
  expect(sink.rejects).toEqual([]);
  expect(devices.recentRefusals()).toEqual([]);
  const some = new Map([...secrets].slice(1));
  await expect(startLive({ url, credentials: some })).rejects.toThrow(/^there is no secret of gw-/);
});

test('a replayed file comes in under the credential of its gateway', async () => {
  const at = mkdtempSync(join(tmpdir(), 'jieneng-credentials-'));
  onTestFinished(() => rmSync(at, { recursive: true }));
  const file = join(at, 'house.csv');
  writeFileSync(file, 'time,kwh\n2026-11-01T00:00:00Z,1\n2026-11-01T01:00:00Z,2\n');
  const columns = [
    { column: 'kwh', meter: 'm1', carrier: 'electricity' as const, unit: 'kWh', node: 'house' },
  ];
  const { url, secrets, sink } = await guarded(await replayEstate({ file, columns, timezone: 'UTC' }));
  const password = secrets.get('replay') as string;
  const credential = { username: 'replay', password };
  expect(await replay({ url, file, columns, zeroIsGap: [], credential })).toMatchObject({
    sent: 2,
    acked: 2,
  });
  expect(sink.readings.map((r) => r.value)).toEqual([1, 2]);
});
