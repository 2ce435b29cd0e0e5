import { expect, test } from 'vitest';
import { decode } from '../../server/intake/decode.ts';
import { HeldReadings } from '../../server/intake/held.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import { newSource } from '../../server/journal/journal.ts';
import { quiet, rig } from '../ledger/rig.ts';
import { estate, meter } from '../support/estate.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-21T12:00:00+08:00');

test('readings ahead of time are held, and taken in when their time has come', async () => {
  const of = estate([meter()]);
  const { journal, ledger, timeseries } = await rig(of);
  let now = NOW;
  const context = () => ({ estate: of, profiles: compileProfiles([]), now });
  const target = {
    newSource,
    quarantine: journal.quarantine.bind(journal),
    release: journal.release.bind(journal),
    outcome: (source: number) => ledger.imports.of(source),
    forgetOutcome: (source: number) => ledger.imports.forget(source),
    drained: ledger.drained.bind(ledger),
  };
  const held = new HeldReadings(target, context, { ...quiet, warn: () => {}, debug: () => {} });
  // A clock that is an hour fast, and one that says the year 2093.
  const readings = [60, 75, 90].map((m) => ({ time: NOW + m * MINUTE, value: 100 + m }));
  const payload = Buffer.from(JSON.stringify([...readings, { time: Date.UTC(2093, 0, 1), value: 1 }]));
  const packet = decode({ topic: 'meters/m1/readings', payload }, now, context());
  expect(packet.readings).toEqual([]);
  await journal.append(packet.readings, packet.rejects);
  expect(journal.aheadOfTime(NOW - MINUTE)).toMatchObject([{ meter: 'm1', count: 4 }]);
  expect(await held.look()).toBe(0);

  now = NOW + 66 * MINUTE;
  expect(await held.look()).toBe(2);
  expect((await timeseries.readings([1], 0, Number.MAX_SAFE_INTEGER)).map((r) => r.value)).toEqual([
    160, 175,
  ]);
  now = NOW + 100 * MINUTE;
  expect(await held.look()).toBe(1);
  // What is decades ahead waits for a person.
  expect(await held.look()).toBe(0);
  expect(journal.account()).toMatchObject({ received: 4, stored: 3, quarantined: 1 });
});
