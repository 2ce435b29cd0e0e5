import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Accounts } from './access/accounts.ts';
import { AuditTrail } from './access/audit.ts';
import { verifyAudit } from './access/audit-verify.ts';
import { Certificates } from './access/certificates.ts';
import type { DemoUser } from './access/demo-users.ts';
import { Devices } from './access/devices.ts';
import { BackupError, backup, CATALOGUE_FILE, JOURNAL_FILE, refuseUnfinished } from './backup.ts';
import { type Catalogue, openCatalogue } from './catalogue/catalogue.ts';
import type { Settings } from './config.ts';
import type { Estate } from './domain/estate.ts';
import type { Meter } from './domain/meter.ts';
import { isLoopback } from './http/address.ts';
import { createApp } from './http/app.ts';
import { actorInForce } from './http/audited.ts';
import { type AppDeps, UserError } from './http/deps.ts';
import { readBrokerAccess } from './intake/access.ts';
import { BROKER_LIMITS } from './intake/broker.ts';
import { type DecodeContext, decode } from './intake/decode.ts';
import { HeldReadings } from './intake/held.ts';
import { ImportError, type ImportTarget, importReadings } from './intake/import.ts';
import {
  type Intake,
  type IntakeCounts,
  type IntakeOptions,
  type IntakeStatus,
  startIntake,
} from './intake/intake.ts';
import type { IntakeLog } from './intake/log.ts';
import { owns, parsePart } from './intake/part.ts';
import { BUILTIN_PROFILES } from './intake/profiles/builtin.ts';
import { type CompiledProfiles, compileProfiles } from './intake/profiles/compile.ts';
import { validateProfile } from './intake/profiles/schema.ts';
import { type RetryTarget, retryQuarantine } from './intake/release.ts';
import { Roll } from './intake/roll.ts';
import { intakeTopics } from './intake/topics.ts';
import { JournalAlarm } from './journal/alarm.ts';
import { Journal, newSource } from './journal/journal.ts';
import { CeilingLearner } from './ledger/learner.ts';
import { Ledger } from './ledger/ledger.ts';
import { verifyRollups } from './ledger/verify.ts';
import { metered } from './operations/metered.ts';
import { Operations } from './operations/operations.ts';
import { Batches } from './reporting/batches.ts';
import { DuckDBTimeSeries } from './timeseries/duckdb.ts';
import type { EngineInfo, TimeSeries } from './timeseries/port.ts';

const READ_ON_ITS_WAY =
  'HTTP_HOST is open to the network without TLS: passwords and figures can be read on their way; set TLS_CERT and TLS_KEY, or put a proxy with TLS before it and name that in TRUSTED_PROXY';
/** Opens the secrets of second factors; it is in no backup. */
const FACTOR_KEY_FILE = 'second-factor.key';
/** How often changes that another process made to the catalogue are looked for. */
const CATALOGUE_POLL_MS = 1000;
/** Longest wait for figures that follow a change of the catalogue. */
const SETTLED_MS = 5000;
/** How long a stop waits for answers of a server. */
const PATIENCE_MS = 1000;
const OPEN_TO_ALL =
  'whoever reaches the port of MQTT may publish for every meter: MQTT_ANONYMOUS is for demonstrations on one machine';
const SECRETS_READ_ON_THEIR_WAY =
  'MQTT_HOST is open to the network without TLS: secrets of devices can be read on their way; set TLS_CERT and TLS_KEY, or MQTT_PLAIN=true where that network is only for meters';
const NOTHING: IntakeCounts = { packets: 0, bytes: 0, oversize: 0, refused: 0, dropped: 0 };
const OFF: IntakeStatus = {
  mode: 'off',
  address: null,
  clients: null,
  readingsPerS: 0,
  lastReadingAt: null,
  error: null,
  broker: null,
  warnings: [],
};

export interface Options {
  version: string;
  log: IntakeLog;
  webRoot: string;
  /** The clock, epoch ms. */
  now?: () => number;
  /** Who is signed in with one click; only in the demonstration. */
  demo?: readonly DemoUser[];
}

/** All rooms of one data directory, opened and wired; nothing listens yet. */
export interface Composition {
  /** The data directory. */
  directory: string;
  app: ReturnType<typeof createApp>;
  /** Of what listens over TLS; null without. */
  certificates: Certificates | null;
  catalogue: Catalogue;
  accounts: Accounts;
  journal: Journal;
  ledger: Ledger;
  timeseries: TimeSeries;
  /** Goes on with batches of reports that the last process left unfinished. */
  resumeBatches(): void;
  /** Opens the way in for meters. */
  openIntake(): Promise<Intake>;
  /** Sends live clients away; the first step of stopping. */
  farewell(): void;
  /** Finishes what was taken, then closes every store. */
  close(): Promise<void>;
}

/** @throws when a store cannot be opened or is newer than the program; a server that is not reached is waited for */
export async function compose(settings: Settings, options: Options): Promise<Composition> {
  const { log, version } = options;
  const now = options.now ?? Date.now;
  refuseUnfinished(settings.JIENENG_DATA);
  const at = (name: string): string => join(settings.JIENENG_DATA, name);
  const certificates = certificatesOf(settings, now, log);
  const catalogue = openCatalogue(catalogueOf(settings), {
    validateProfile,
    now,
    actor: actorInForce,
  });
  const journal = new Journal({ file: at(JOURNAL_FILE), maxBytes: settings.JOURNAL_MB * 2 ** 20 });
  let operations: Operations | null = null;
  const timeseries = metered(await openTimeSeries(settings), (...of) => operations?.operated(...of));
  await journal.start();
  const engine = await timeseries.start();
  const warnings = await missing(engine, timeseries, journal);
  for (const warning of warnings) log.error({ warning }, 'timeseries: lacks what was handed on to it');
  const audit = new AuditTrail({
    store: catalogue.audit,
    directory: settings.JIENENG_DATA,
    months: settings.AUDIT_MONTHS,
    now,
    log,
  });
  audit.start();
  if (audit.fault !== null) warnings.push(audit.fault);
  const estate = () => catalogue.snapshot();
  const part = settings.INTAKE_PART ? parsePart(settings.INTAKE_PART) : null;
  const ours = (meter: Meter): boolean => owns(part, meter);
  const ledger = new Ledger({ journal, timeseries, estate, log, now, owns: ours });
  const learner = new CeilingLearner({
    timeseries,
    estate,
    log,
    now,
    owns: ours,
    record: (learned) => catalogue.recordCeilings(learned),
  });

  let profiles: CompiledProfiles = compileProfiles(catalogue.profiles());
  const context = (): DecodeContext => ({ estate: catalogue.snapshot(), profiles, now: now(), part });
  const accounts = new Accounts({
    store: catalogue.accounts,
    keyFile: at(FACTOR_KEY_FILE),
    rules: {
      idleMs: settings.SESSION_IDLE_MIN * 60_000,
      lifeMs: settings.SESSION_HOURS * 3_600_000,
      passwordMs: settings.PASSWORD_DAYS * 86_400_000,
      secondFactor: settings.SECOND_FACTOR,
    },
    now,
    hasNode: (id) => catalogue.snapshot().node(id) !== undefined,
    demo: options.demo ?? null,
    metricsToken: metricsTokenOf(settings),
  });
  const devices = new Devices({
    store: catalogue.devices,
    estate,
    now,
    anonymous: settings.MQTT_ANONYMOUS,
    log,
    onRefused: ({ device, from, why, count }) =>
      audit.write({
        actor: {
          kind: device === '' ? 'nobody' : 'device',
          id: device,
          name: '',
          address: from,
          request: '',
        },
        ...{ action: 'device.refused', after: { why }, outcome: 'refused', count },
      }),
  });
  certificates?.onChange(() => {
    const actor = { kind: 'system' as const, id: '', name: '', address: '', request: '' };
    audit.write({ actor, action: 'certificate.renew', after: certificates.state(), outcome: 'done' });
  });
  /** What people should know of the embedded broker's door, in sentences. */
  const intakeWarnings = (): string[] => [
    ...(settings.MQTT_ANONYMOUS && !isLoopback(settings.MQTT_HOST) ? [OPEN_TO_ALL] : []),
    ...devices.recentRefusals(),
  ];
  let intake: Intake | null = null;
  const startedAt = now();
  operations = new Operations({
    version,
    engine,
    journal,
    ledger,
    catalogueVersion: () => catalogue.version,
    intake: () => intake?.status() ?? OFF,
    intakeCounts: () => intake?.counts() ?? NOTHING,
    now,
    directory: settings.JIENENG_DATA,
    startedAt,
    intakeWanted:
      settings.MQTT_URL !== undefined ||
      settings.MQTT_PORT > 0 ||
      (certificates !== null && settings.MQTTS_PORT > 0),
    catalogueError: () => catalogue.store.error,
    certificate: () => certificates?.state() ?? null,
    outage: () => timeseries.outage?.()?.why ?? null,
    log,
    lost: warnings,
    clientsLimit: settings.MQTT_URL === undefined ? BROKER_LIMITS.connections : null,
  });
  let recomputing: Promise<void> | null = null;
  /** Until journal and catalogue agree: what could not be marked is tried again with the next look. */
  const recompute = (): void => {
    recomputing ??= markChanged().finally(() => {
      recomputing = null;
    });
  };
  const markChanged = async (): Promise<void> => {
    try {
      for (
        let done = journal.catalogueVersion();
        done < catalogue.version;
        done = journal.catalogueVersion()
      ) {
        // The next look comes in a second; until then nothing would be found out but that it is away.
        if (timeseries.outage?.()) return;
        const version = catalogue.version;
        await ledger.recompute(catalogue.changedSince(done), version);
      }
    } catch (error) {
      log.error({ err: error }, 'ledger: recomputation not marked');
    }
  };
  catalogue.onChange(() => {
    profiles = compileProfiles(catalogue.profiles(), profiles.sessions);
    recompute();
    intake?.refresh().catch((error: unknown) => log.error({ err: error }, 'mqtt: subscriptions not changed'));
  });
  recompute();
  ledger.start();
  learner.start();
  operations.start();
  devices.start();
  certificates?.start();

  const target: ImportTarget & RetryTarget = {
    newSource,
    appendFrom: (...of) => journal.appendFrom(...of),
    quarantine: (of) => journal.quarantine(of),
    release: async (...of) => {
      const seq = await journal.release(...of);
      if (seq > 0) operations.metrics.released(1);
      return seq;
    },
    outcome: (source) => ledger.imports.of(source),
    forgetOutcome: (source) => ledger.imports.forget(source),
    drained: () => ledger.drained(),
    forward: async (meter, readings) => {
      if (!intake) throw new Error('the intake is not open, by which other parts are reached');
      await intake.forward(meter, readings);
    },
  };
  const batches = new Batches({ directory: at('batches'), now, log });
  const farewell = new AbortController();
  const deps: AppDeps = {
    version,
    warnings: [
      ...warnings,
      ...(isReadOnItsWay(settings) ? [READ_ON_ITS_WAY] : []),
      ...(areSecretsReadOnTheirWay(settings) ? [SECRETS_READ_ON_THEIR_WAY] : []),
    ],
    startedAt,
    now,
    log,
    signal: farewell.signal,
    webRoot: options.webRoot,
    estate,
    access: accounts,
    accounts,
    audit,
    verifyAudit: () => verifyAudit(catalogue.audit, settings.JIENENG_DATA),
    timeseries,
    engine,
    journal,
    ledger,
    catalogue,
    devices,
    intakeTopics: () => intakeTopics(profiles),
    batches,
    operations,
    settled: () => settled(recomputing, ledger),
    intake: () => intake?.status() ?? OFF,
    applyEstate: (input, author) => {
      const { created, updated, unchanged } = catalogue.applyEstate(input, author, 'http');
      return { created, updated, unchanged };
    },
    exportEstate: (estate) => catalogue.exportEstate(estate),
    profiles: () => listed(catalogue),
    decode: (packet, estate) => decode(packet, now(), { ...context(), estate }),
    importReadings: (csv, name, estate) => imported(csv, name, target, context, estate),
    verify: async function* () {
      await ledger.drained();
      yield* verifyRollups(timeseries, estate, (work) => ledger.exclusive(work), ours);
    },
    retryQuarantine: (filter) => retryQuarantine(filter, target, context),
    backup: async (directory) => {
      // So that a backup has a head to hold its trail against.
      audit.anchor();
      try {
        const { files } = await backup(
          directory,
          { catalogue, journal, ledger, timeseries, engine, directory: settings.JIENENG_DATA },
          version,
        );
        return { files: files.map((f) => f.name), bytes: files.reduce((n, f) => n + f.bytes, 0) };
      } catch (error) {
        throw error instanceof BackupError ? new UserError(error.message) : error;
      }
    },
  };
  const app = createApp(deps, {
    trustedProxies: settings.TRUSTED_PROXY,
    requestsPerMinute: settings.RATE_LIMIT,
    securityContact: settings.SECURITY_CONTACT,
  });
  const alarm = new JournalAlarm(journal, log);
  const poll = setInterval(() => {
    alarm.look();
    catalogue.refresh();
    accounts.tick();
    recompute();
  }, CATALOGUE_POLL_MS);
  poll.unref();
  const held = new HeldReadings(target, context, log);
  held.start();
  return {
    app,
    certificates,
    catalogue,
    accounts,
    journal,
    ledger,
    timeseries,
    directory: settings.JIENENG_DATA,
    resumeBatches: () => batches.start(),
    async openIntake() {
      const { MQTT_URL, MQTT_HOST: host, MQTT_PORT: port } = settings;
      const external = MQTT_URL ? readBrokerAccess({ ...settings, MQTT_URL }) : null;
      const roll = external && part ? new Roll(part, external.clientId) : null;
      // Of the part's number alone: with another number of parts it finds the same session.
      if (external && part) external.clientId += `-part-${part.index}`;
      const sessionFile = at('mqtt-session');
      const common = { host, port, sink: journal, context, log, door: devices, warnings: intakeWarnings };
      const encrypted = certificates && tlsOf(settings, certificates);
      intake = await startIntake({ external, sessionFile, ...common, ...encrypted, ...(roll && { roll }) });
      return intake;
    },
    farewell: () => farewell.abort(),
    async close() {
      clearInterval(poll);
      farewell.abort();
      // What hangs at a server is given up; what was acknowledged is in the journal.
      const patience = setTimeout(() => timeseries.abandon?.(), PATIENCE_MS);
      await intake?.stop();
      await batches.stop();
      await held.stop();
      // An estate that was just applied is noted down before the journal closes.
      await recomputing;
      await learner.stop();
      await ledger.stop();
      operations.stop();
      await journal.stop();
      clearTimeout(patience);
      await timeseries.stop();
      devices.stop();
      certificates?.stop();
      accounts.close();
      await audit.stop();
      catalogue.close();
    },
  };
}

/** @throws CertificateError where the files cannot be used */
function certificatesOf(settings: Settings, now: () => number, log: IntakeLog): Certificates | null {
  const { TLS_CERT: cert, TLS_KEY: key, MQTT_CLIENT_CA: clientCa = null } = settings;
  if (cert === undefined || key === undefined) return null;
  return new Certificates({ files: { cert, key, clientCa }, now, log });
}

/** With TLS the open port is for this machine alone, unless somebody wants it otherwise. */
function tlsOf(settings: Settings, certificates: Certificates): Partial<IntakeOptions> {
  const { MQTT_HOST: host, MQTT_PLAIN, MQTTS_PORT: port, MQTT_CLIENT_CA, MQTT_CLIENT_CERT } = settings;
  if (port === 0) return {};
  const clientCertificates = MQTT_CLIENT_CA === undefined ? 'none' : MQTT_CLIENT_CERT;
  const plainHost = MQTT_PLAIN || isLoopback(host) ? host : '127.0.0.1';
  return { plainHost, tls: { port, certificates, clientCertificates } };
}

/** Whether passwords come over a network as they are. */
function isReadOnItsWay({ HTTP_HOST, TRUSTED_PROXY, TLS_CERT }: Settings): boolean {
  return !isLoopback(HTTP_HOST) && TRUSTED_PROXY.length === 0 && TLS_CERT === undefined;
}

/** The same for secrets of devices, where nobody has said that it is meant. */
function areSecretsReadOnTheirWay(settings: Settings): boolean {
  const { MQTT_URL, MQTT_HOST, MQTT_PORT, MQTT_PLAIN, MQTT_ANONYMOUS, TLS_CERT } = settings;
  const isOpen = MQTT_URL === undefined && MQTT_PORT > 0 && !isLoopback(MQTT_HOST);
  return isOpen && !MQTT_PLAIN && !MQTT_ANONYMOUS && TLS_CERT === undefined;
}

/** InfluxDB keeps no cursor, so that nobody can tell what it should hold. */
async function missing(engine: EngineInfo, timeseries: TimeSeries, journal: Journal): Promise<string[]> {
  if (engine.engine !== 'duckdb' || (await timeseries.applied(journal.cursor().seq))) return [];
  return [
    'the time series does not hold what was handed on to it before: its file is new or an older copy; `restore` puts a whole backup into a new directory',
  ];
}

/** Waits until changed meters are computed again, but not for ever: the server may have much else to do. */
async function settled(marked: Promise<void> | null, ledger: Ledger): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, SETTLED_MS);
  try {
    await Promise.race([late, Promise.resolve(marked).then(() => ledger.drained())]);
  } catch {
    // The health page says why nothing is computed; what was written down stays.
  } finally {
    clearTimeout(timer);
  }
}

/** @throws Error where the file cannot be read, or holds too little */
function metricsTokenOf({ METRICS_TOKEN: token, METRICS_TOKEN_FILE: file }: Settings): string | null {
  if (file === undefined) return token ?? null;
  const text = readFileSync(file, 'utf8').trim();
  if (text.length < 16) throw new Error(`METRICS_TOKEN_FILE: ${file}: must hold at least 16 characters`);
  return text;
}

/** Where the catalogue is: the database that the settings name, else a file of the data directory. */
function catalogueOf(settings: Settings): string {
  const file = join(settings.JIENENG_DATA, CATALOGUE_FILE);
  const { DATABASE_URL: url } = settings;
  if (url === undefined) return file;
  if (!existsSync(file)) return url;
  throw new Error(
    `${file} holds the catalogue, and DATABASE_URL names another one: \`jieneng catalogue move\` moves it there`,
  );
}

/** The engine that the settings name; the client of the other one is not even loaded. */
async function openTimeSeries(settings: Settings): Promise<TimeSeries> {
  const { INFLUX_URL: url, INFLUX_TOKEN: token, INFLUX_DATABASE: database } = settings;
  if (!url) return new DuckDBTimeSeries({ directory: settings.JIENENG_DATA });
  const { InfluxTimeSeries } = await import('./timeseries/influx.ts');
  return new InfluxTimeSeries({ url, database, ...(token ? { token } : {}) });
}

function listed(catalogue: Catalogue): ReturnType<AppDeps['profiles']> {
  const own = catalogue.profiles();
  const replaced = new Set(own.map((p) => p.id));
  const builtin = BUILTIN_PROFILES.filter((p) => !replaced.has(p.id));
  return [
    ...own.map((profile) => ({ id: profile.id, builtin: false, profile })),
    ...builtin.map((profile) => ({ id: profile.id, builtin: true, profile: { ...profile } })),
  ];
}

async function* imported(
  csv: AsyncIterable<Uint8Array>,
  name: string,
  target: ImportTarget,
  context: () => DecodeContext,
  of: Estate | null,
): ReturnType<typeof importReadings> {
  try {
    yield* importReadings(csv, name, target, context, undefined, of);
  } catch (error) {
    throw error instanceof ImportError ? new UserError(`${name}: ${error.message}`) : error;
  }
}
