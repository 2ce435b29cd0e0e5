import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { backup, CATALOGUE_FILE, restore } from '../../server/backup.ts';
import { openCatalogue } from '../../server/catalogue/catalogue.ts';
import { type Composition, compose } from '../../server/compose.ts';
import { readSettings } from '../../server/config.ts';
import { DirectoryInUse, lockDirectory } from '../../server/lock.ts';
import { directory } from '../support/directory.ts';
import { until } from '../support/server.ts';

const START = Date.parse('2026-01-01T00:00:00+08:00');
const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

async function open(data: string): Promise<Composition> {
  const settings = readSettings({ JIENENG_DATA: data, MQTT_PORT: '0' });
  const composition = await compose(settings, { version: '0', log: quiet, webRoot: data });
  onTestFinished(() => composition.close().catch(() => {}));
  return composition;
}

function estate(ids: readonly string[], multiplier = 1): string {
  return JSON.stringify({
    version: 1,
    nodes: [{ id: 'b', name: 'b', kind: 'building' }],
    meters: ids.map((id) => ({ id, name: id, node: 'b', carrier: 'electricity', multiplier })),
  });
}

describe('backup under load', () => {
  test('knows the meters that were added while it was written, and restores to the same', async () => {
    const data = directory();
    const parts = await open(data);
    const { catalogue, journal, ledger, timeseries } = parts;
    catalogue.applyEstate(estate(['a']), 'test', 'test');
    await journal.append([{ meter: 1, time: START, value: 1, flags: 0 }], []);
    await ledger.drained();
    const slow = Object.assign(Object.create(journal) as typeof journal, {
      // What happens while the copies are made: a meter is added, and its readings arrive.
      async backup(file: string) {
        catalogue.applyEstate(estate(['a', 'new']), 'test', 'test');
        const no = catalogue.snapshot().meter('new')?.no as number;
        await journal.append([{ meter: no, time: START, value: 2, flags: 0 }], []);
        await journal.backup(file);
      },
    });
    const to = join(directory(), 'copy');
    const engine = { engine: 'duckdb', version: '1' } as const;
    const at = directory();
    await backup(to, { catalogue, journal: slow, ledger, timeseries, engine, directory: at }, '0');
    const fresh = join(directory(), 'restored');
    await restore(to, fresh);
    const copy = openCatalogue(join(fresh, CATALOGUE_FILE), { validateProfile: () => [] });
    expect(copy.snapshot().meters.map((m) => m.id)).toEqual(['a', 'new']);
    copy.close();
    const again = await open(fresh);
    await again.ledger.drained();
    expect(again.journal.account()).toMatchObject({ received: 2, stored: 2, pending: 0 });
    expect(await again.timeseries.readings([1, 2], 0, Number.POSITIVE_INFINITY)).toHaveLength(2);
  });

  test('is not restored into the directory of a running server', async () => {
    const data = directory();
    const release = lockDirectory(data);
    onTestFinished(release);
    expect(() => lockDirectory(data)).toThrow(DirectoryInUse);
  });
});

test('a directory that cannot be locked is not said to be in use', () => {
  const data = directory();
  mkdirSync(data, { recursive: true });
  writeFileSync(
    join(data, 'lock.sqlite'),
    'this is no database, and long enough to be seen as none'.repeat(20),
  );
  expect(() => lockDirectory(data)).toThrow(/cannot be locked: file is not a database/);
});

test('a changed meter is computed again though the time series was away at first', async () => {
  const { catalogue, journal, ledger, timeseries } = await open(directory());
  catalogue.applyEstate(estate(['a', 'b']), 'test', 'test');
  const all = [1, 2].flatMap((meter) =>
    [0, 1].map((i) => ({ meter, time: START + i * 900_000, value: 5 * i, flags: 0 })),
  );
  await journal.append(all, []);
  await ledger.drained();
  const { after } = timeseries;
  let asked = 0;
  timeseries.after = () => {
    asked++;
    return Promise.reject(new Error('away'));
  };
  catalogue.applyEstate(estate(['a'], 40), 'test', 'test');
  await until(
    async () => asked,
    (n) => n > 0,
  );
  timeseries.after = after;
  // A later change of another meter must not cover up what the first one left undone.
  catalogue.applyEstate(estate(['b'], 60), 'test', 'test');
  const hours = await until(
    () => timeseries.rollups('hour', [1, 2], 0, Number.POSITIVE_INFINITY),
    (rows) => rows[0]?.measured === 5 * 40 * 1e6 && rows[1]?.measured === 5 * 60 * 1e6,
  );
  expect(hours).toHaveLength(2);
});
