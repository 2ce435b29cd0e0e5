import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openAccess } from '../../server/access/access.ts';
import { Accounts } from '../../server/access/accounts.ts';
import { AuditTrail } from '../../server/access/audit.ts';
import { verifyAudit } from '../../server/access/audit-verify.ts';
import { Devices } from '../../server/access/devices.ts';
import { type Catalogue, openCatalogue } from '../../server/catalogue/catalogue.ts';
import type { Reading, Reject } from '../../server/domain/reading.ts';
import { type AppSettings, createApp } from '../../server/http/app.ts';
import { actorInForce } from '../../server/http/audited.ts';
import { type AppDeps, type IntakeStatus, UserError } from '../../server/http/deps.ts';
import { type DecodeContext, decode } from '../../server/intake/decode.ts';
import { ImportError, importReadings } from '../../server/intake/import.ts';
import { BUILTIN_PROFILES } from '../../server/intake/profiles/builtin.ts';
import { compileProfiles } from '../../server/intake/profiles/compile.ts';
import { validateProfile } from '../../server/intake/profiles/schema.ts';
import { retryQuarantine } from '../../server/intake/release.ts';
import { intakeTopics } from '../../server/intake/topics.ts';
import { Journal, newSource } from '../../server/journal/journal.ts';
import { Ledger } from '../../server/ledger/ledger.ts';
import { verifyRollups } from '../../server/ledger/verify.ts';
import { loggable } from '../../server/operations/log.ts';
import { metered } from '../../server/operations/metered.ts';
import { Operations } from '../../server/operations/operations.ts';
import { Batches } from '../../server/reporting/batches.ts';
import { DuckDBTimeSeries } from '../../server/timeseries/duckdb.ts';
import { directory } from '../support/directory.ts';

export interface Rig {
  app: ReturnType<typeof createApp>;
  deps: AppDeps;
  catalogue: Catalogue;
  journal: Journal;
  ledger: Ledger;
  /** Sets the server's clock. */
  clock(at: string): void;
  /** Sends live clients away, as a stop does. */
  farewell(): void;
  /** Appends as intake does and waits until it is consumption. */
  feed(readings: readonly [meter: string, time: string, value: number][]): Promise<void>;
  reject(...rejects: Reject[]): Promise<void>;
  get(path: string): Promise<{ status: number; body: unknown; response: Response }>;
  lines: { fields: object; message: string }[];
}

const OFF: IntakeStatus = {
  mode: 'embedded',
  address: 'mqtt://127.0.0.1:1883',
  clients: 2,
  readingsPerS: 1.5,
  lastReadingAt: null,
  error: null,
  broker: null,
  warnings: [],
};

/** The HTTP side over a real catalogue, journal, ledger and DuckDB in a directory of its own. */
export async function rig(
  estateFile: unknown,
  settings: AppSettings = {},
  now = '2026-11-18T12:00:00+08:00',
): Promise<Rig> {
  const at = directory();
  let clock = Date.parse(now);
  const catalogue = openCatalogue(join(at, 'catalogue.sqlite'), {
    validateProfile,
    now: () => clock,
    actor: actorInForce,
  });
  catalogue.applyEstate(estateFile, 'test');
  const journal = new Journal({ file: join(at, 'journal.sqlite'), groupMs: 0 });
  let operations: Operations | null = null;
  const timeseries = metered(new DuckDBTimeSeries({ directory: at }), (...of) => operations?.operated(...of));
  await journal.start();
  const engine = await timeseries.start();
  const lines: Rig['lines'] = [];
  const log = {
    debug: () => {},
    info: () => {},
    warn: (fields: object, message: string) => void lines.push({ fields: loggable(fields), message }),
    error: (fields: object, message: string) => void lines.push({ fields: loggable(fields), message }),
  };
  const audit = new AuditTrail({
    store: catalogue.audit,
    directory: at,
    months: 24,
    now: () => clock,
    log,
  });
  const estate = () => catalogue.snapshot();
  const ledger = new Ledger({ journal, timeseries, estate, log });
  ledger.start();
  let marked: Promise<void> = Promise.resolve();
  catalogue.onChange(() => {
    marked = ledger.recompute(catalogue.changedSince(journal.catalogueVersion()), catalogue.version);
  });
  const farewell = new AbortController();
  const batches = new Batches({ directory: join(at, 'batches'), now: () => clock, log });
  onTestFinished(async () => {
    farewell.abort();
    await batches.stop();
    await marked;
    await ledger.stop();
    await journal.stop();
    await timeseries.stop();
    await audit.stop();
    catalogue.close();
  });

  const context = (): DecodeContext => ({
    estate: estate(),
    profiles: compileProfiles(catalogue.profiles()),
    now: clock,
  });
  const target = {
    newSource,
    appendFrom: journal.appendFrom.bind(journal),
    quarantine: journal.quarantine.bind(journal),
    release: journal.release.bind(journal),
    outcome: (source: number) => ledger.imports.of(source),
    forgetOutcome: (source: number) => ledger.imports.forget(source),
    drained: ledger.drained.bind(ledger),
  };
  const webRoot = join(at, 'dist');
  operations = new Operations({
    version: '1.2.3',
    engine,
    journal,
    ledger,
    catalogueVersion: () => catalogue.version,
    intake: () => OFF,
    intakeCounts: () => ({ packets: 0, bytes: 0, oversize: 0, refused: 0, dropped: 0 }),
    now: () => clock,
    directory: at,
    startedAt: clock,
    intakeWanted: true,
    catalogueError: () => catalogue.store.error,
    outage: () => null,
    log,
    lost: () => [],
    clientsLimit: 5000,
  });
  operations.start();
  onTestFinished(() => operations.stop());
  const accounts = new Accounts({
    store: catalogue.accounts,
    keyFile: join(at, 'second-factor.key'),
    rules: { idleMs: 1_800_000, lifeMs: 43_200_000, passwordMs: 0, secondFactor: 'optional' },
    now: () => clock,
    hasNode: (id) => estate().node(id) !== undefined,
    demo: null,
    metricsToken: null,
  });
  const deps: AppDeps = {
    version: '1.2.3',
    startedAt: clock,
    now: () => clock,
    log,
    signal: farewell.signal,
    webRoot,
    estate,
    access: openAccess,
    accounts,
    audit,
    verifyAudit: () => verifyAudit(catalogue.audit, at),
    timeseries,
    engine,
    journal,
    ledger,
    catalogue,
    devices: new Devices({ store: catalogue.devices, estate, now: () => clock, anonymous: false, log }),
    intakeTopics: () => intakeTopics(compileProfiles(catalogue.profiles())),
    batches,
    operations,
    settled: async () => {
      await marked;
      await ledger.drained();
    },
    intake: () => OFF,
    applyEstate: (input, author) => catalogue.applyEstate(input, author, 'http'),
    exportEstate: (estate) => catalogue.exportEstate(estate),
    profiles: () => [
      ...catalogue.profiles().map((profile) => ({ id: profile.id, builtin: false, profile })),
      ...BUILTIN_PROFILES.map((profile) => ({ id: profile.id, builtin: true, profile })),
    ],
    decode: (packet, of) => decode(packet, clock, { ...context(), estate: of }),
    async *importReadings(csv, name, of) {
      try {
        yield* importReadings(csv, name, target, context, undefined, of);
      } catch (error) {
        throw error instanceof ImportError ? new UserError(`${name}: ${error.message}`) : error;
      }
    },
    verify: () => verifyRollups(timeseries, estate, (work) => ledger.exclusive(work)),
    retryQuarantine: (filter) => retryQuarantine(filter, target, context),
    backup: async (to) => {
      mkdirSync(to, { recursive: true });
      catalogue.backupTo(join(to, 'catalogue.sqlite'));
      return { files: ['catalogue.sqlite'], bytes: 1 };
    },
  };
  const app = createApp(deps, settings);
  return {
    app,
    deps,
    catalogue,
    journal,
    ledger,
    lines,
    clock: (text) => {
      clock = Date.parse(text);
    },
    farewell: () => farewell.abort(),
    async feed(readings) {
      const of = (id: string): number => estate().meter(id)?.no as number;
      const list: Reading[] = readings.map(([id, time, value]) => ({
        meter: of(id),
        time: Date.parse(time),
        value,
        flags: 0,
      }));
      await journal.append(list, []);
      await ledger.drained();
    },
    async reject(...rejects) {
      await journal.append([], rejects);
    },
    async get(path) {
      const response = await app.request(path);
      const text = await response.clone().text();
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return { status: response.status, body: isJson ? JSON.parse(text) : text, response };
    },
  };
}

/** A built dashboard, small. */
export function buildWeb(root: string): void {
  mkdirSync(join(root, 'assets'), { recursive: true });
  mkdirSync(join(root, '.vite'));
  writeFileSync(join(root, 'index.html'), '<!doctype html><title>jieneng</title>');
  writeFileSync(join(root, 'theme.js'), '// theme');
  writeFileSync(join(root, 'assets', 'index-abc123.js'), 'export {};');
  writeFileSync(join(root, '.vite', 'manifest.json'), '{}');
}

/** Hourly readings of a register that advances by `perHour(hour)` in each hour. */
export function hourly(
  meter: string,
  from: string,
  hours: number,
  perHour: (hour: number) => number,
  start = 1000,
): [string, string, number][] {
  const out: [string, string, number][] = [];
  let value = start;
  for (let h = 0; h <= hours; h++) {
    out.push([
      meter,
      new Date(Date.parse(from) + h * 3_600_000).toISOString(),
      Math.round(value * 1000) / 1000,
    ]);
    value += perHour(h);
  }
  return out;
}
