import type { Reading, Reject } from '../domain/reading.ts';
import type { BrokerAccess } from './access.ts';
import { type Broker, startBroker } from './broker.ts';
import type { Doorkeeper } from './broker-access.ts';
import type { DecodeContext } from './decode.ts';
import type { IntakeLog } from './log.ts';
import type { Sink } from './port.ts';
import { rememberedIn } from './remembered.ts';
import type { Roll } from './roll.ts';
import { type Subscriber, type SubscriberStats, startSubscriber } from './subscriber.ts';
import type { TlsOptions } from './tls.ts';

export interface IntakeOptions {
  /** An external broker; without it the embedded one listens on host and port, port 0 turns it off. */
  external: BrokerAccess | null;
  /** File that remembers whether that broker has a session of ours. */
  sessionFile: string;
  host: string;
  port: number;
  /** Where the embedded one listens without TLS, if not on the host; null: nowhere. */
  plainHost?: string | null;
  /** The embedded one over TLS as well. */
  tls?: TlsOptions;
  sink: Sink;
  context(): DecodeContext;
  /** Who may come in to the embedded broker; without it everybody. */
  door?: Doorkeeper;
  /** What people should know of the embedded broker, in sentences. */
  warnings?(): string[];
  log: IntakeLog;
  /** Where several intakes divide the fleet. */
  roll?: Roll;
  /** Pause before an external broker is tried again, ms; 2,000 without. */
  reconnectMs?: number;
}

export interface IntakeStatus {
  mode: 'embedded' | 'external' | 'off';
  address: string | null;
  clients: number | null;
  readingsPerS: number;
  lastReadingAt: number | null;
  error: string | null;
  /** What an external broker says that it is; null where it does not, and for our own. */
  broker: string | null;
  /** What a broker does that loses readings or may, and whom the embedded one refused, in sentences. */
  warnings: readonly string[];
}

/** What came in since the start. */
export interface IntakeCounts {
  /** PUBLISH packets. */
  packets: number;
  bytes: number;
  /** Packets over the limit, quarantined by their beginning. */
  oversize: number;
  /** Connections and publishes that were turned away. */
  refused: number;
  /** Messages that a subscriber of the embedded broker was too slow for. */
  dropped: number;
}

export interface Intake {
  /** Port of the embedded broker, or null; without TLS, 0 where that is off. */
  port: number | null;
  status(): IntakeStatus;
  counts(): IntakeCounts;
  /**
   * Hands readings of another part's meter to that part, through the external broker.
   * @throws Error when there is none, or it has not taken them
   */
  forward(meter: string, readings: readonly Reading[]): Promise<void>;
  /** The profiles have changed. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

/** Seconds over which the rate is averaged. */
const WINDOW_S = 10;

/** Opens the way in for meters: the embedded broker, or a subscription to one that is there already. */
export async function startIntake(options: IntakeOptions): Promise<Intake> {
  const meter = new Rate(() => options.context().now);
  let commit: Promise<unknown> | null = null;
  let tally = { readings: 0 };
  const sink: Sink = {
    append(readings: readonly Reading[], rejects: readonly Reject[]): Promise<unknown> {
      const stored = options.sink.append(readings, rejects);
      if (stored !== commit) {
        commit = stored;
        const counted = { readings: 0 };
        tally = counted;
        stored.then(
          () => counted.readings > 0 && meter.add(counted.readings),
          () => {},
        );
      }
      tally.readings += readings.length;
      return stored;
    },
  };
  let broker: Broker | null = null;
  let subscriber: Subscriber | null = null;
  let address: string | null = null;
  const { context, log } = options;
  if (options.external) {
    const access = options.external;
    // Without the path, which may hold what is nobody's business on a health page.
    const shown = new URL(access.url);
    address = `${shown.protocol}//${shown.host}`;
    const remembered = rememberedIn(options.sessionFile, `${address} ${access.clientId}`);
    subscriber = startSubscriber({
      access,
      sink,
      context,
      log,
      remembered,
      ...(options.roll && { roll: options.roll }),
      ...(options.reconnectMs !== undefined && { reconnectMs: options.reconnectMs }),
    });
  } else if (options.port > 0 || options.tls) {
    const { host, port, plainHost, tls, door } = options;
    broker = await startBroker({
      ...{ host, port, sink, context, log },
      ...(door && { door }),
      ...(tls && { tls }),
      ...(port === 0 ? { plainHost: null } : plainHost !== undefined && { plainHost }),
    });
    address = broker.tlsPort === null ? `mqtt://${host}:${broker.port}` : `mqtts://${host}:${broker.tlsPort}`;
  }
  return {
    port: broker?.port ?? null,
    status: () => ({
      mode: broker ? 'embedded' : subscriber ? 'external' : 'off',
      address,
      clients: broker?.stats().clients ?? null,
      readingsPerS: meter.perSecond(),
      lastReadingAt: meter.lastAt,
      error: subscriber ? unreached(subscriber.stats(), address) : null,
      broker: subscriber?.stats().broker ?? null,
      warnings: subscriber?.stats().warnings ?? (broker && options.warnings?.()) ?? [],
    }),
    counts: () => {
      const { packets = 0, bytes = 0, oversize = 0, refused = 0 } = (broker ?? subscriber)?.stats() ?? {};
      return { packets, bytes, oversize, refused, dropped: broker?.stats().dropped ?? 0 };
    },
    forward: async (meter, readings) => {
      if (!subscriber) throw new Error('there is no broker by which other parts are reached');
      await subscriber.forward(meter, readings);
    },
    refresh: async () => subscriber?.refresh(),
    stop: async () => {
      await broker?.stop();
      await subscriber?.stop();
    },
  };
}

function unreached({ connected, trouble }: SubscriberStats, address: string | null): string | null {
  if (connected) return null;
  return trouble === null ? `${address} is not reached` : `${address} is not reached: ${trouble}`;
}

/** Counts per second in a ring. */
class Rate {
  readonly #counts = new Array<number>(WINDOW_S).fill(0);
  readonly #now: () => number;
  #second = 0;
  lastAt: number | null = null;

  /** @param now the server's clock, epoch ms */
  constructor(now: () => number) {
    this.#now = now;
  }

  add(n: number): void {
    this.#turn();
    this.lastAt = this.#now();
    this.#counts[this.#second % WINDOW_S] = (this.#counts[this.#second % WINDOW_S] as number) + n;
  }

  /** Mean of the last ten whole seconds. */
  perSecond(): number {
    this.#turn();
    const running = this.#counts[this.#second % WINDOW_S] as number;
    return (this.#counts.reduce((a, b) => a + b, 0) - running) / (WINDOW_S - 1);
  }

  #turn(): void {
    const now = Math.floor(performance.now() / 1000);
    for (let s = Math.max(this.#second + 1, now - WINDOW_S + 1); s <= now; s++)
      this.#counts[s % WINDOW_S] = 0;
    this.#second = now;
  }
}
