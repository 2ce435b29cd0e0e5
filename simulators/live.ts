import { AHEAD_LIMIT_MS } from '../server/domain/reading.ts';
import { Zone } from '../server/domain/time.ts';
import { demoEstate, type EstateFile, pointsOf } from './estate.ts';
import { type Fault, faultAt, NO_FAULT } from './faults.ts';
import { asGateway, asMeter, type Credential, Link, type SentReading } from './link.ts';
import { LoadModel } from './model/model.ts';

export interface LiveOptions {
  /** The broker, e.g. mqtt://127.0.0.1:1883 */
  url: string;
  seed?: number;
  /** Time between the reports of a meter, s; without it each meter's own interval_s. */
  every_s?: number;
  faults?: boolean;
  /** Simulated seconds per second until the simulated clock has caught up with the real one. */
  speed?: number;
  /** Where the simulated clock starts, epoch ms; now unless told otherwise. */
  from?: number;
  signal?: AbortSignal;
  estate?: EstateFile;
  /** Secrets by the name of the gateway, or of the meter that reports on its own; left out: nobody signs in. */
  credentials?: ReadonlyMap<string, string> | undefined;
  /** How long to wait for the first connection, ms. */
  connect_ms?: number;
  /** The real clock, for tests. */
  now?: () => number;
}

export interface LiveStats {
  sent: number;
  acked: number;
  /** Readings still in the gateways' stores. */
  pending: number;
  /** Readings that a full store has lost. */
  dropped: number;
  outages: number;
  repeated: number;
  late: number;
  broken: number;
  ahead: number;
  /** Where the simulated clock stands, epoch ms. */
  clock: number;
}

export interface Live {
  stop(): Promise<void>;
  readonly stats: LiveStats;
}

/** One gateway, or the meters that report on their own. */
interface Station {
  gateway: string;
  /** Where it sends what is no reading. */
  topic: string;
  link: Link;
  /** Indexes of points, and how often each reports, ms. */
  meters: { at: number; period_ms: number }[];
  period_ms: number;
  /** Gateways do not all report in the same second. */
  offset_ms: number;
  due: number;
  report: number;
  /** The report at which a lost connection comes back. */
  backAt: number;
  late: { at: number; reading: SentReading }[];
  format: (at: number) => string | number;
}

const WAKE_MS = 100;
const WORK_MS = 40;
/** While a connected gateway has that many readings to send, the simulated clock waits for it. */
const BACKLOG = 4000;
const LATE_LIMIT = 1000;
const CONNECT_MS = 10_000;
const GOODBYE_MS = 3000;

/**
 * Gateways that report over MQTT what their meters show.
 * @returns when the first of them is connected.
 * @throws Error when the broker cannot be reached in time or a secret is missing, RangeError for a start in the
 * future.
 */
export async function startLive(options: LiveOptions): Promise<Live> {
  const {
    url,
    seed = 1,
    faults = false,
    speed = 1,
    signal,
    estate = demoEstate(),
    connect_ms = CONNECT_MS,
    now = Date.now,
  } = options;
  const began = now();
  const from = Math.floor((options.from ?? began) / 1000) * 1000;
  if (from > began) throw new RangeError('from: must not lie in the future');
  const zone = new Zone(estate.timezone);
  const points = pointsOf(estate);
  const model = new LoadModel(points, seed, zone);
  model.advance(from);
  const stations = stationsOf(points, zone, url, from, options);
  const counts = { outages: 0, repeated: 0, late: 0, broken: 0, ahead: 0 };
  let clock = from;

  const report = (station: Station): void => {
    const due = station.due;
    model.advance(due);
    clock = due;
    const fault = faults ? faultAt(seed, station.gateway, station.report) : NO_FAULT;
    station.report++;
    const first = due === from;
    const next = Math.floor((due - station.offset_ms) / station.period_ms + 1) * station.period_ms;
    station.due = next + station.offset_ms;
    const meters = station.meters.filter((m) => first || (due - station.offset_ms) % m.period_ms === 0);
    if (meters.length === 0) return;
    // In a simulated past a clock that runs ahead would only be a wrong time that nobody can tell.
    const ahead = due + fault.ahead_ms > now() + AHEAD_LIMIT_MS ? fault.ahead_ms : 0;
    if (ahead > 0) counts.ahead += meters.length;
    const time = station.format(due + ahead);
    const readings = meters.map(({ at }) => ({ meter: points[at]!.id, time, value: model.value(at) }));
    deliver(station, readings, fault);
  };

  const deliver = (station: Station, readings: SentReading[], fault: Fault): void => {
    const { link } = station;
    if (fault.outage > 0 && station.backAt < station.report) {
      station.backAt = station.report + fault.outage;
      counts.outages++;
      link.cut();
    }
    if (station.backAt <= station.report) link.open();
    if (fault.late > 0 && station.late.length < LATE_LIMIT) {
      const held = readings.splice(fault.late % readings.length, 1);
      station.late.push({ at: station.report + fault.late, reading: held[0]! });
      counts.late++;
    }
    if (fault.broken && link.connected) {
      const text = JSON.stringify({ readings });
      link.raw(station.topic, text.slice(0, Math.ceil(text.length * 0.6)), () => counts.broken++);
    }
    const overdue = station.late.filter((l) => l.at <= station.report);
    if (overdue.length > 0) station.late = station.late.filter((l) => l.at > station.report);
    link.push(...overdue.map((l) => l.reading), ...readings);
    if (fault.repeat) {
      counts.repeated += readings.length;
      link.push(...readings);
    }
  };

  let timer: NodeJS.Timeout | undefined;
  const wake = (): void => {
    const real = now();
    const target = Math.min(real, from + (real - began) * speed);
    const pauseAt = performance.now() + WORK_MS;
    while (
      performance.now() < pauseAt &&
      !stations.some((s) => s.link.connected && s.link.queued > BACKLOG)
    ) {
      const station = stations.reduce((a, b) => (b.due < a.due ? b : a));
      if (station.due > target) break;
      report(station);
    }
    timer = setTimeout(wake, WAKE_MS);
  };

  for (const { link } of stations) link.open();
  const closeAll = async (): Promise<void> => {
    await Promise.all(stations.map(({ link }) => link.close()));
  };
  if (stations.length > 0) {
    try {
      await Promise.race(stations.map(({ link }) => link.ready(connect_ms, signal)));
    } catch (error) {
      await closeAll();
      throw error;
    }
    wake();
  }

  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= (async () => {
      clearTimeout(timer);
      for (const { link, late } of stations) link.push(...late.map((l) => l.reading));
      const connected = stations.filter(({ link }) => link.connected);
      // What stays pending after that is counted in the statistics.
      await Promise.allSettled(
        connected.map(({ link }) => link.drained(0, GOODBYE_MS, AbortSignal.timeout(GOODBYE_MS))),
      );
      await closeAll();
    })();
    return stopped;
  };
  signal?.addEventListener('abort', () => void stop(), { once: true });
  if (signal?.aborted) await stop();

  return {
    stop,
    get stats() {
      const sum = (of: (link: Link) => number): number =>
        stations.reduce((total, s) => total + of(s.link), 0);
      return {
        sent: sum((l) => l.sent),
        acked: sum((l) => l.acked),
        pending: sum((l) => l.pending),
        dropped: sum((l) => l.dropped),
        ...counts,
        clock,
      };
    },
  };
}

function stationsOf(
  points: ReturnType<typeof pointsOf>,
  zone: Zone,
  url: string,
  from: number,
  { every_s, credentials }: Pick<LiveOptions, 'every_s' | 'credentials'>,
): Station[] {
  // A meter that signs in for itself has a connection of its own; without names one does for all of them.
  const stationOf = ({ gateway, id }: { gateway: string; id: string }): string =>
    gateway === '' && credentials ? `meter ${id}` : gateway;
  const credentialOf = (name: string): Credential | undefined => {
    if (!credentials) return undefined;
    const password = credentials.get(name);
    if (password === undefined) throw new Error(`there is no secret of ${name}`);
    return { username: name, password };
  };
  const names = [...new Set(points.map(stationOf))];
  return names.map((station, i) => {
    const meters = points.flatMap((p, at) =>
      stationOf(p) === station ? [{ at, period_ms: (every_s ?? p.intervalS) * 1000 }] : [],
    );
    const { gateway, id } = points[meters[0]!.at]!;
    const name = gateway === '' && credentials ? id : gateway;
    const period_ms = Math.min(...meters.map((m) => m.period_ms));
    return {
      gateway: name,
      topic:
        gateway === '' && credentials ? `meters/${id}/readings` : `gateways/${gateway || 'radio'}/readings`,
      link: new Link({
        url,
        // A credential is bound to the first client id; that of `device add`'s line is the name.
        clientId: credentials ? name : `jieneng-simulator-${name || 'radio'}`,
        credential: credentialOf(name),
        encode: gateway === '' ? asMeter : asGateway(gateway, 200),
      }),
      meters,
      period_ms,
      offset_ms: every_s === undefined ? 0 : Math.floor((i * every_s) / names.length) * 1000,
      due: from,
      report: 0,
      backAt: 0,
      late: [],
      format: formatOf(i, zone),
    };
  });
}

/** Gateways of different makers write time differently; the contract knows all of these. */
function formatOf(i: number, zone: Zone): Station['format'] {
  if (i % 3 === 1) return (at) => zone.iso(at).slice(0, 19).replace(/[-T:]/g, '');
  if (i % 3 === 2) return (at) => at;
  return (at) => zone.iso(at);
}
