import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { CertificateState } from '../access/certificates.ts';
import { REASONS } from '../domain/reading.ts';
import type { Committed } from '../journal/group-commit.ts';
import type { Facts, Sources } from './facts.ts';
import { type Part, STATES } from './health.ts';
import { type LoopDelay, processUse } from './process.ts';

/** Around the 25 ms that 99 of 100 commits are to stay below, s. */
const COMMIT_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.015, 0.02, 0.025, 0.05, 0.1, 0.25, 1];
const STORE_BUCKETS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30];
const HTTP_BUCKETS = [0.005, 0.015, 0.05, 0.15, 0.5, 1, 5];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH']);

/** What a scrape needs beside the facts. */
export interface Surroundings {
  storeUp: boolean;
  catalogueUp: boolean;
  parts: readonly Pick<Part, 'part' | 'state'>[];
  loop: LoopDelay;
  /** Bytes; null where the system does not tell. */
  diskFree: number | null;
  certificate: CertificateState | null;
}

/**
 * What Prometheus reads. Labels have values out of lists that the program knows (reasons, routes of the
 * document, operations of the time series), never anything that came in: the number of series has a bound.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #startedS: number;
  readonly #engine: string;
  #conflicts = 0;
  #storeRefused = 0;
  readonly #received = this.#counter(
    'jieneng_readings_received_total',
    'Readings and rejects that were committed',
  );
  readonly #stored = this.#counter('jieneng_readings_stored_total', 'Readings that reached the time series');
  readonly #duplicate = this.#counter('jieneng_readings_duplicate_total', 'Readings that were there already');
  readonly #quarantined = this.#counter(
    'jieneng_readings_quarantined_total',
    'What arrived and went to quarantine, by reason',
    ['reason'],
  );
  readonly #released = this.#counter('jieneng_quarantine_released_total', 'Items that left quarantine');
  readonly #account = this.#gauge(
    'jieneng_account_readings',
    'The account since the beginning of the data; a retry moves some of it',
    ['state'],
  );
  readonly #waiting = this.#gauge('jieneng_quarantine_items', 'What lies in quarantine by the account', [
    'reason',
  ]);

  readonly #packets = this.#counter('jieneng_intake_packets_total', 'PUBLISH packets that came in');
  readonly #bytes = this.#counter('jieneng_intake_received_bytes_total', 'Bytes that came in over MQTT');
  readonly #oversize = this.#counter(
    'jieneng_intake_oversize_packets_total',
    'Packets over the limit of size',
  );
  readonly #refused = this.#counter('jieneng_intake_refused_total', 'Connections and publishes turned away');
  readonly #droppedMessages = this.#counter(
    'jieneng_intake_dropped_messages_total',
    'Messages that a subscriber of the embedded broker was too slow for',
  );
  readonly #clients = this.#gauge('jieneng_intake_clients', 'Clients of the embedded broker', ['mode']);
  readonly #intakeWarnings = this.#gauge(
    'jieneng_intake_warnings',
    'What an external broker does that may lose readings, or whom the embedded one turned away, as the health page lists it',
    ['mode'],
  );
  readonly #intakeUp = this.#gauge('jieneng_intake_up', 'Whether readings can arrive over MQTT', ['mode']);

  readonly #pending = this.#gauge('jieneng_journal_pending_readings', 'Readings that wait for the ledger');
  readonly #journalBytes = this.#gauge('jieneng_journal_size_bytes', 'Used size of the journal');
  readonly #journalLimit = this.#gauge('jieneng_journal_limit_bytes', 'Size above which nothing is taken');
  readonly #journalUp = this.#gauge('jieneng_journal_up', 'Whether the journal can commit');
  readonly #commit = this.#histogram(
    'jieneng_journal_commit_seconds',
    'Commit of a group with a full sync',
    COMMIT_BUCKETS,
  );

  readonly #lag = this.#gauge('jieneng_ledger_lag_seconds', 'Age of what has waited longest in the journal');
  readonly #months = this.#gauge('jieneng_ledger_months_waiting', 'Months of meters to be computed again');
  readonly #recomputed = this.#counter(
    'jieneng_ledger_months_recomputed_total',
    'Months of meters computed again',
  );
  readonly #ledgerUp = this.#gauge('jieneng_ledger_up', 'Whether the last hand-over succeeded');

  readonly #operation = this.#histogram(
    'jieneng_timeseries_operation_seconds',
    'Operations of the time series, those that failed included',
    STORE_BUCKETS,
    ['operation'],
  );
  readonly #operationErrors = this.#counter('jieneng_timeseries_errors_total', 'Operations that failed', [
    'operation',
  ]);
  readonly #timeseriesUp = this.#gauge('jieneng_timeseries_up', 'Whether the time series answers', [
    'engine',
  ]);

  readonly #catalogue = this.#gauge('jieneng_catalogue_version', 'Version of the catalogue in force');
  readonly #catalogueUp = this.#gauge(
    'jieneng_catalogue_up',
    'Whether the database of the catalogue answers',
  );
  readonly #live = this.#gauge('jieneng_live_clients', 'Clients of the live stream');
  readonly #liveLimit = this.#gauge('jieneng_live_clients_limit', 'Most of them at a time');
  readonly #liveDropped = this.#counter(
    'jieneng_live_clients_dropped_total',
    'Clients sent away for taking nothing',
  );

  readonly #requests = this.#counter('jieneng_http_requests_total', 'Requests by route and class of status', [
    'method',
    'route',
    'status',
  ]);
  readonly #requestTime = this.#histogram(
    'jieneng_http_request_seconds',
    'Until the answer begins',
    HTTP_BUCKETS,
    ['method', 'route'],
  );

  readonly #disk = this.#gauge('jieneng_disk_free_bytes', 'Room on the disk of the data directory');
  readonly #certificate = this.#gauge(
    'jieneng_certificate_expiry_timestamp_seconds',
    'End of the certificate, Unix time',
    ['of'],
  );
  readonly #part = this.#gauge(
    'jieneng_part_state',
    'How each part is: 0 well, 1 wants attention, 2 failing',
    ['part'],
  );
  readonly #cpu = this.#counter('process_cpu_seconds_total', 'CPU time of the process, all threads');
  readonly #rss = this.#gauge('process_resident_memory_bytes', 'Resident memory');
  readonly #start = this.#gauge('process_start_time_seconds', 'Start of the server, Unix time');
  readonly #heapUsed = this.#gauge('nodejs_heap_size_used_bytes', 'Heap in use');
  readonly #heapTotal = this.#gauge('nodejs_heap_size_total_bytes', 'Heap reserved');
  readonly #external = this.#gauge('nodejs_external_memory_bytes', 'Memory outside the heap');
  readonly #loopP50 = this.#gauge('nodejs_eventloop_lag_p50_seconds', 'Lag of the event loop, median of 5 s');
  readonly #loopP99 = this.#gauge(
    'nodejs_eventloop_lag_p99_seconds',
    'The same, 99th percentile of 5 s; the worst such of the last minute',
  );
  readonly #loopMax = this.#gauge('nodejs_eventloop_lag_max_seconds', 'The same, longest of the last minute');

  /** @param startedAt epoch ms */
  constructor(of: Pick<Sources, 'version' | 'engine'>, startedAt: number) {
    this.#startedS = startedAt / 1000;
    this.#engine = of.engine.engine;
    for (const reason of REASONS) this.#quarantined.inc({ reason }, 0);
    this.#gauge('jieneng_build_info', 'Always 1; says what runs', [
      'version',
      'node',
      'engine',
      'engine_version',
    ]).set(
      {
        version: of.version,
        node: process.versions.node,
        engine: of.engine.engine,
        engine_version: of.engine.version,
      },
      1,
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  committed({ ms, readings, rejects }: Committed): void {
    this.#commit.observe(ms / 1000);
    this.#received.inc(readings + rejects.length);
    for (const { reason } of rejects) this.#quarantined.inc({ reason });
  }

  released(items: number): void {
    this.#released.inc(items);
  }

  recomputed(months: number): void {
    this.#recomputed.inc(months);
  }

  operation(operation: string, seconds: number, failed: boolean): void {
    this.#operation.observe({ operation }, seconds);
    if (failed) this.#operationErrors.inc({ operation });
  }

  /** @param route template of the route, never the path that was asked */
  request(method: string, route: string, status: number, seconds: number): void {
    const labels = { method: METHODS.has(method) ? method : 'other', route };
    this.#requests.inc({ ...labels, status: `${Math.floor(status / 100)}xx` });
    this.#requestTime.observe(labels, seconds);
  }

  /** Everything in Prometheus' text format. */
  text(facts: Facts, more: Surroundings): Promise<string> {
    const { account, counts, handedOver, intake, journal, live } = facts;
    total(this.#stored, handedOver.stored);
    total(this.#duplicate, handedOver.duplicate);
    this.#quarantined.inc({ reason: 'conflict' }, handedOver.conflict - this.#conflicts);
    this.#conflicts = handedOver.conflict;
    this.#quarantined.inc({ reason: 'store_refused' }, handedOver.refused - this.#storeRefused);
    this.#storeRefused = handedOver.refused;
    for (const state of ['received', 'stored', 'duplicate', 'quarantined', 'pending'] as const) {
      this.#account.set({ state }, account[state]);
    }
    const lying = new Map(facts.quarantine.map((q) => [q.reason, q.count]));
    for (const reason of REASONS) this.#waiting.set({ reason }, lying.get(reason) ?? 0);
    total(this.#packets, counts.packets);
    total(this.#bytes, counts.bytes);
    total(this.#oversize, counts.oversize);
    total(this.#refused, counts.refused);
    total(this.#droppedMessages, counts.dropped);
    const { mode } = intake;
    this.#clients.reset();
    if (intake.clients !== null) this.#clients.set({ mode }, intake.clients);
    this.#intakeWarnings.reset();
    this.#intakeWarnings.set({ mode }, intake.warnings.length);
    this.#intakeUp.reset();
    this.#intakeUp.set({ mode }, bit(mode !== 'off' && intake.error === null));
    this.#pending.set(account.pending);
    this.#journalBytes.set(journal.bytes);
    this.#journalLimit.set(journal.limitBytes);
    this.#journalUp.set(bit(journal.failure === null));
    this.#lag.set(facts.lagS ?? 0);
    this.#months.set(facts.monthsWaiting);
    this.#ledgerUp.set(bit(facts.ledgerError === null));
    this.#timeseriesUp.set({ engine: this.#engine }, bit(more.storeUp));
    this.#catalogue.set(facts.catalogueVersion);
    this.#catalogueUp.set(bit(more.catalogueUp));
    for (const { part, state } of more.parts) this.#part.set({ part }, STATES.indexOf(state));
    this.#live.set(live.clients);
    this.#liveLimit.set(live.limit);
    total(this.#liveDropped, live.dropped);
    if (more.diskFree !== null) this.#disk.set(more.diskFree);
    if (more.certificate) this.#certificate.set({ of: 'server' }, more.certificate.validTo / 1000);
    this.#process(more.loop);
    return this.#registry.metrics();
  }

  #process(loop: LoopDelay): void {
    const use = processUse();
    total(this.#cpu, use.cpuS);
    this.#rss.set(use.rss);
    this.#start.set(this.#startedS);
    this.#heapUsed.set(use.heapUsed);
    this.#heapTotal.set(use.heapTotal);
    this.#external.set(use.external);
    this.#loopP50.set(loop.p50);
    this.#loopP99.set(loop.p99);
    this.#loopMax.set(loop.max);
  }

  #counter(name: string, help: string, labelNames: string[] = []): Counter {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge(name: string, help: string, labelNames: string[] = []): Gauge {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }

  #histogram(name: string, help: string, buckets: number[], labelNames: string[] = []): Histogram {
    return new Histogram({ name, help, buckets, labelNames, registers: [this.#registry] });
  }
}

/** A counter that is kept elsewhere. */
function total(counter: Counter, value: number): void {
  counter.reset();
  counter.inc(value);
}

function bit(yes: boolean): number {
  return yes ? 1 : 0;
}
