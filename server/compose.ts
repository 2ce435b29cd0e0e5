import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Accounts } from './access/accounts.ts';
import { AuditTrail } from './access/audit.ts';
import { verifyAudit } from './access/audit-verify.ts';
import type { Certificates } from './access/certificates.ts';
import type { DemoUser } from './access/demo-users.ts';
import { Devices } from './access/devices.ts';
import { BackupError, backup, JOURNAL_FILE, refuseUnfinished } from './backup.ts';
import { type Catalogue, openCatalogue } from './catalogue/catalogue.ts';
import type { Settings } from './config.ts';
import type { Estate } from './domain/estate.ts';
import type { Meter } from './domain/meter.ts';
import { brokerOf, certificatesOf, openToAll, readOnTheWay } from './doors.ts';
import { createApp } from './http/app.ts';
import { actorInForce } from './http/audited.ts';
import { type AppDeps, UserError } from './http/deps.ts';
import { BROKER_LIMITS } from './intake/broker.ts';
import { type DecodeContext, decode } from './intake/decode.ts';
import { HeldReadings } from './intake/held.ts';
import { ImportError, type ImportTarget, importReadings } from './intake/import.ts';
import { type Intake, type IntakeCounts, type IntakeStatus, startIntake } from './intake/intake.ts';
import type { IntakeLog } from './intake/log.ts';
import { owns, parsePart } from './intake/part.ts';
import { BUILTIN_PROFILES } from './intake/profiles/builtin.ts';
import { type CompiledProfiles, compileProfiles } from './intake/profiles/compile.ts';
import { validateProfile } from './intake/profiles/schema.ts';
import { type RetryTarget, retryQuarantine } from './intake/release.ts';
import { intakeTopics } from './intake/topics.ts';
import { JournalAlarm } from './journal/alarm.ts';
import { Journal, newSource } from './journal/journal.ts';
import { CatalogueFollower } from './ledger/follower.ts';
import { CeilingLearner } from './ledger/learner.ts';
import { Ledger } from './ledger/ledger.ts';
import { verifyRollups } from './ledger/verify.ts';
import { metered } from './operations/metered.ts';
import { Operations } from './operations/operations.ts';
import { Batches } from './reporting/batches.ts';
import { catalogueLocation, missing, openTimeSeries } from './stores.ts';
import type { TimeSeries } from './timeseries/port.ts';

/** Opens the secrets of second factors; it is in no backup. */
const FACTOR_KEY_FILE = 'second-factor.key';
/** How often changes that another process made to the catalogue are looked for. */
const CATALOGUE_POLL_MS = 1000;
/** How long a stop waits for answers of a server. */
const PATIENCE_MS = 1000;
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
  const catalogue = openCatalogue(catalogueLocation(settings), {
    validateProfile,
    now,
    actor: actorInForce,
  });
  const journal = new Journal({ file: at(JOURNAL_FILE), maxBytes: settings.JOURNAL_MB * 2 ** 20 });
  let operations: Operations | null = null;
  const timeseries = metered(await openTimeSeries(settings), (...of) => operations?.operated(...of));
  await journal.start();
  const engine = await timeseries.start();
  const lost = await missing(engine, timeseries, journal, log);
  const audit = new AuditTrail({
    store: catalogue.audit,
    directory: settings.JIENENG_DATA,
    months: settings.AUDIT_MONTHS,
    now,
    log,
  });
  audit.start();
  const auditFault = audit.fault;
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
  const intakeWarnings = (): string[] => [...openToAll(settings), ...devices.recentRefusals()];
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
    lost,
    clientsLimit: settings.MQTT_URL === undefined ? BROKER_LIMITS.connections : null,
  });
  const follower = new CatalogueFollower({ catalogue, journal, ledger, timeseries, log });
  catalogue.onChange(() => {
    profiles = compileProfiles(catalogue.profiles(), profiles.sessions);
    follower.look();
    intake?.refresh().catch((error: unknown) => log.error({ err: error }, 'mqtt: subscriptions not changed'));
  });
  follower.look();
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
    warnings: () => [...lost(), ...(auditFault === null ? [] : [auditFault]), ...readOnTheWay(settings)],
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
    settled: () => follower.settled(),
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
    follower.look();
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
      intake = await startIntake({
        ...brokerOf(settings, part, certificates),
        ...{ sink: journal, context, log, door: devices, warnings: intakeWarnings },
      });
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
      await follower.marked();
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

/** @throws Error where the file cannot be read, or holds too little */
function metricsTokenOf({ METRICS_TOKEN: token, METRICS_TOKEN_FILE: file }: Settings): string | null {
  if (file === undefined) return token ?? null;
  const text = readFileSync(file, 'utf8').trim();
  if (text.length < 16) throw new Error(`METRICS_TOKEN_FILE: ${file}: must hold at least 16 characters`);
  return text;
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
