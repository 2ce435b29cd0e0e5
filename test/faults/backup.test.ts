import {
  appendFileSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { digest } from '../../server/backup/manifest.ts';
import { type BackupParts, backup, restore, verifyBackup } from '../../server/backup.ts';
import { type Composition, compose } from '../../server/compose.ts';
import { readSettings } from '../../server/config.ts';
import { asOperator } from '../../server/http/authorise.ts';
import { directory } from '../support/directory.ts';

const START = Date.parse('2026-01-01T00:00:00+08:00');
const QUARTER_MS = 900_000;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };
const engine = { engine: 'duckdb', version: '1' } as const;

async function open(data: string): Promise<Composition> {
  const settings = readSettings({ JIENENG_DATA: data, MQTT_PORT: '0' });
  const composition = await compose(settings, { version: '0', log: quiet, webRoot: data });
  onTestFinished(() => composition.close().catch(() => {}));
  return composition;
}

const ESTATE = {
  version: 1,
  nodes: [{ id: 'b', name: 'b', kind: 'institution' }],
  meters: ['a', 'c'].map((id) => ({ id, name: id, node: 'b', carrier: 'electricity', interval_s: 900 })),
};

/** A data directory with a bit of everything: book, attachment, policy, readings in every store. */
async function furnished(): Promise<Composition> {
  const c = await open(directory());
  c.catalogue.applyEstate(ESTATE, 'test');
  const key = { node: 'b', carrier: 'gas', month: '2026-01', account: null, vehicle: null } as const;
  const nothing = { cost: null, period: null, meterNumber: null, collectedBy: null, collectedOn: null };
  const fields = { ...nothing, quantity: 5, unit: 'm³', note: null };
  c.catalogue.changeBook([{ key, fields }], 'me', 'test');
  c.catalogue.attach(key, { name: 'bill.pdf', content: new TextEncoder().encode('%PDF-1.7') }, 'me');
  const day = Array.from({ length: 97 }, (_, i) => ({
    meter: 1,
    time: START + i * QUARTER_MS,
    value: i,
    flags: 0,
  }));
  await c.journal.append(day, []);
  await c.ledger.drained();
  return c;
}

const parts = (c: Composition): BackupParts => ({ ...c, engine });

/** Every row of every table; a copy that was made by any means has the same. */
function contents(file: string): Record<string, unknown[]> {
  const db = new DatabaseSync(file, { readOnly: true });
  const tables = db
    .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
    .all();
  const out = Object.fromEntries(
    tables.map(({ name }) => [String(name), db.prepare(`SELECT * FROM "${name}" ORDER BY 1, 2`).all()]),
  );
  db.close();
  return out;
}

async function text(c: Composition, path: string): Promise<string> {
  const answer = await asOperator(c.app).fetch(new Request(`http://localhost${path}`), {});
  expect(answer.status, path).toBe(200);
  return answer.text();
}

describe('a backup under load', () => {
  test('holds everything acknowledged before it began, and exports the same once it is restored', async () => {
    const source = await furnished();
    let pushing = true;
    let acknowledged = 0;
    const load = (async () => {
      for (let i = 1; pushing; i++) {
        const time = START + i * 1000;
        await source.journal.append([{ meter: 2, time, value: i, flags: 0 }], []);
        acknowledged = i;
      }
    })();
    await expect.poll(() => acknowledged, { timeout: 20_000 }).toBeGreaterThan(50);
    const before = acknowledged;
    const copy = join(directory(), 'copy');
    const manifest = await backup(copy, parts(source), '0');
    // Acknowledgements went on meanwhile.
    expect(acknowledged).toBeGreaterThan(before);
    pushing = false;
    await load;
    await source.ledger.drained();
    expect(await verifyBackup(copy)).toEqual(manifest);
    const held = manifest.journal?.account ?? {};
    expect(held.received).toBeGreaterThanOrEqual(97 + before);

    const data = directory();
    await restore(copy, data);
    const again = await open(data);
    await again.ledger.drained();
    const account = again.journal.account();
    expect(account).toEqual({
      received: held.received,
      stored: held.received,
      duplicate: 0,
      quarantined: 0,
      pending: 0,
    });
    const until = new Date(START + (before + 1) * 1000).toISOString();
    const from = new Date(START).toISOString();
    const paths = [
      `/api/v1/readings?meter=c&from=${from}&to=${until}&format=csv`,
      '/api/v1/readings?meter=a&from=2026-01-01&to=2026-01-03&format=csv',
      '/api/v1/consumption?meter=a&by=hour&from=2026-01-01&to=2026-01-03&format=csv',
      '/api/v1/consumption?meter=a&by=month&from=2026-01-01&to=2026-02-01&format=csv',
      '/api/v1/estate',
    ];
    for (const path of paths) expect(await text(again, path), path).toBe(await text(source, path));
    const rows = (await text(again, paths[0] as string)).trim().split('\n');
    // A line of names, then one for each second.
    expect(rows).toHaveLength(1 + before);
    // Book, attachments, policy, filings: the catalogue row by row. In the audit trail the exports above come after.
    const { audit, ...rest } = contents(join(data, 'catalogue.sqlite'));
    const { audit: auditBefore = [], ...restBefore } = contents(join(copy, 'catalogue.sqlite'));
    expect(rest).toEqual(restBefore);
    expect(auditBefore.length).toBeGreaterThan(0);
    expect(audit?.slice(0, auditBefore.length)).toEqual(auditBefore);
    expect(again.catalogue.attachments(['b'], '2026-01')).toEqual(
      source.catalogue.attachments(['b'], '2026-01'),
    );
    expect(again.catalogue.exportPolicy()).toBe(source.catalogue.exportPolicy());
  });

  test('that fails in the middle leaves nothing behind', async () => {
    const source = await furnished();
    const copy = join(directory(), 'copy');
    const full = Object.assign(Object.create(source.catalogue) as Composition['catalogue'], {
      backupTo(file: string) {
        writeFileSync(file, 'half');
        throw new Error('ENOSPC: no space left on device');
      },
    });
    await expect(backup(copy, { ...parts(source), catalogue: full }, '0')).rejects.toThrow('ENOSPC');
    expect(readdirSync(copy)).toEqual([]);
    // And there is room for the next one.
    await backup(copy, parts(source), '0');
    await verifyBackup(copy);
    expect(readdirSync(copy).sort()).toEqual([
      'backup.json',
      'catalogue.sqlite',
      'journal.sqlite',
      'timeseries.duckdb',
    ]);
  });
});

interface Written {
  format: number;
  files: { name: string; bytes: number; sha256: string }[];
  timeseries: { rows: Record<string, number> };
}

const edit = (at: string, change: (manifest: Written) => unknown): void => {
  const file = join(at, 'backup.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8')) as Written;
  change(manifest);
  writeFileSync(file, JSON.stringify(manifest));
};
/** Has the manifest say what a file is now, as one who wants to deceive would. */
const sign = async (at: string, name: string): Promise<void> => {
  const sha256 = await digest(join(at, name));
  const bytes = readFileSync(join(at, name)).length;
  edit(at, (m) => Object.assign(m.files.find((f) => f.name === name) ?? {}, { sha256, bytes }));
};
const overwrite = (file: string): void => {
  const bytes = readFileSync(file);
  bytes.fill(0x5a, bytes.length / 2, bytes.length / 2 + 200);
  writeFileSync(file, bytes);
};
const newer = (at: string, name: string): Promise<void> => {
  const db = new DatabaseSync(join(at, name));
  db.exec('PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;');
  db.close();
  return sign(at, name);
};

const DAMAGES: [what: string, damage: (at: string) => void | Promise<void>, says: RegExp][] = [
  [
    'no manifest',
    (at) => rmSync(join(at, 'backup.json')),
    /backup\.json is missing: this is no backup, or one that was not finished/,
  ],
  [
    'half a manifest',
    (at) => writeFileSync(join(at, 'backup.json'), '{"format":2,'),
    /backup\.json is damaged/,
  ],
  [
    'a newer manifest',
    (at) => edit(at, (m) => Object.assign(m, { format: 99 })),
    /backup\.json has format 99, this program knows 2: use a newer jieneng/,
  ],
  ...['catalogue.sqlite', 'journal.sqlite', 'timeseries.duckdb'].flatMap((name): typeof DAMAGES => [
    [`no ${name}`, (at) => rmSync(join(at, name)), new RegExp(`${name} is missing`)],
    [
      `${name} cut`,
      (at) => writeFileSync(join(at, name), readFileSync(join(at, name)).subarray(0, 5000)),
      new RegExp(`${name} has 5000 bytes, the backup had \\d+`),
    ],
    [
      `${name} overwritten`,
      (at) => overwrite(join(at, name)),
      new RegExp(`${name} is damaged: its checksum differs`),
    ],
    [
      `${name} not listed`,
      (at) => edit(at, (m) => Object.assign(m, { files: m.files.filter((f) => f.name !== name) })),
      new RegExp(`${name} is missing: the backup does not list it`),
    ],
  ]),
  [
    'a newer catalogue',
    (at) => newer(at, 'catalogue.sqlite'),
    /catalogue\.sqlite has layout 99, this program knows \d+/,
  ],
  [
    'a newer journal',
    (at) => newer(at, 'journal.sqlite'),
    /journal\.sqlite has layout 99, this program knows \d+/,
  ],
  [
    'a catalogue that is none',
    (at) => {
      writeFileSync(join(at, 'catalogue.sqlite'), 'x'.repeat(5000));
      return sign(at, 'catalogue.sqlite');
    },
    /catalogue\.sqlite is damaged: file is not a database/,
  ],
  [
    'other counts',
    (at) => edit(at, (m) => Object.assign(m.timeseries.rows, { readings: 98 })),
    /timeseries\.duckdb holds .*"readings":97.*, the backup had .*"readings":98/,
  ],
];

test('what is not whole is refused with the name of the file, and nothing is left where it was to go', async () => {
  const source = await furnished();
  const good = join(directory(), 'good');
  await backup(good, parts(source), '0');
  for (const [what, damage, says] of DAMAGES) {
    const at = join(directory(), 'copy');
    cpSync(good, at, { recursive: true });
    await damage(at);
    const to = directory();
    await expect(restore(at, to), what).rejects.toThrow(says);
    expect(readdirSync(to), what).toEqual([]);
    await expect(verifyBackup(at), what).rejects.toThrow(says);
  }
  // The original is as it was: checking puts nothing beside it.
  const names = readdirSync(good);
  await verifyBackup(good);
  expect(readdirSync(good)).toEqual(names);
}, 60_000);

test('a directory that holds something is no place for a backup or a restore', async () => {
  const source = await furnished();
  const at = directory();
  await backup(join(at, 'copy'), parts(source), '0');
  await expect(backup(join(at, 'copy'), parts(source), '0')).rejects.toThrow(
    /copy is not empty: it holds a backup/,
  );
  await verifyBackup(join(at, 'copy'));
  const to = directory();
  writeFileSync(join(to, 'notes.txt'), 'mine');
  await expect(restore(join(at, 'copy'), to)).rejects.toThrow(/is not empty: it holds notes\.txt/);
  expect(readFileSync(join(to, 'notes.txt'), 'utf8')).toBe('mine');
});

test('a restore that was killed half-way is not started on, and done again', async () => {
  const source = await furnished();
  const copy = join(directory(), 'copy');
  await backup(copy, parts(source), '0');
  const data = directory();
  await restore(copy, data);
  // As the disk is when the process ends between moving the first file and the second.
  mkdirSync(join(data, 'restoring'));
  for (const name of ['journal.sqlite', 'timeseries.duckdb']) {
    renameSync(join(data, name), join(data, 'restoring', name));
  }
  appendFileSync(join(data, 'settings.yaml'), 'LOG_LEVEL: warn\n');
  await expect(open(data)).rejects.toThrow(/a restore was begun and not finished; run it again/);
  await restore(copy, data);
  expect(readFileSync(join(data, 'settings.yaml'), 'utf8')).toBe('LOG_LEVEL: warn\n');
  const again = await open(data);
  expect(again.journal.account()).toMatchObject({ received: 97, stored: 97 });
});
