import { Zone } from '../server/domain/time.ts';
import { asGateway, BATCH_LIMIT, type Credential, Link, type SentReading } from './link.ts';
import { type Cell, cells, type TableOptions, WallClock } from './table.ts';

export interface ReplayOptions extends TableOptions {
  /** The broker, e.g. mqtt://127.0.0.1:1883 */
  url: string;
  gateway?: string;
  credential?: Credential | undefined;
  /** Zone of times without offset; without it they go out as they are written, and mean the estate's zone. */
  timezone?: string;
  /** Readings a packet, 1–1000. */
  batch?: number;
  /** Seconds of the file per second; as fast as the broker acknowledges unless told otherwise. */
  speed?: number;
  signal?: AbortSignal;
}

export interface ReplayResult {
  sent: number;
  acked: number;
  /** Cells without a value. */
  gaps: number;
  /** Cells whose wall clock never was, since clocks had been put forward over it: they are not sent. */
  skipped: number;
}

const CONNECT_MS = 10_000;
const STALL_MS = 30_000;
/** Readings under way or waiting; beyond it the file is read no further. */
const AHEAD = 20_000;

/**
 * Sends the values of a file as they stand, as a gateway would, and waits for every acknowledgement.
 * @throws Error that names line and column of what cannot be read, or the broker that does not answer;
 * RangeError for an option out of range.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { url, gateway = 'replay', credential, timezone, batch = 100, speed, signal } = options;
  if (!(Number.isInteger(batch) && batch >= 1 && batch <= BATCH_LIMIT)) {
    throw new RangeError(`batch: must be a whole number from 1 to ${BATCH_LIMIT}`);
  }
  if (speed !== undefined && !(speed > 0)) throw new RangeError('speed: must be greater than 0');
  const clocks = new Clocks(options.file, new Zone(timezone ?? 'UTC'), timezone !== undefined);
  const link = new Link({
    url,
    clientId: credential?.username ?? `jieneng-replay-${gateway}`,
    credential,
    encode: asGateway(gateway, batch),
    capacity: AHEAD * 2,
    window: 16,
  });
  const result = { gaps: 0, skipped: 0 };
  let waiting: SentReading[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    link.push(...waiting);
    waiting = [];
    if (link.pending > AHEAD) await link.drained(AHEAD / 2, STALL_MS, signal);
  };
  const pace = speed === undefined ? undefined : new Pace(speed, signal);
  link.open();
  try {
    await link.ready(CONNECT_MS, signal);
    for await (const cell of cells(options)) {
      if (signal?.aborted) break;
      const { time, at } = clocks.read(cell);
      if (cell.value === null) {
        result.gaps++;
        continue;
      }
      if (time === null) {
        result.skipped++;
        continue;
      }
      if (pace && at !== null && pace.waits(at)) {
        await flush();
        await pace.until(at);
      }
      waiting.push({ meter: cell.meter, time, value: cell.value });
      if (waiting.length >= batch) await flush();
    }
    await flush();
    await link.drained(0, STALL_MS, signal);
  } finally {
    await link.close();
  }
  return { sent: link.sent, acked: link.acked, ...result };
}

/** The time of each cell as it goes out. */
class Clocks {
  readonly #meters = new Map<string, WallClock>();
  readonly #file: string;
  readonly #zone: Zone;
  readonly #convert: boolean;

  constructor(file: string, zone: Zone, convert: boolean) {
    this.#file = file;
    this.#zone = zone;
    this.#convert = convert;
  }

  /** time null: no clock showed it. `at` is the instant by the zone given, for pacing. */
  read(cell: Cell): { time: string | null; at: number | null } {
    let clock = this.#meters.get(cell.meter);
    if (!clock) {
      clock = new WallClock(this.#zone);
      this.#meters.set(cell.meter, clock);
    }
    const at = clock.instant(cell.time);
    if (at === null) throw new Error(`${this.#file}:${cell.line}: "${cell.time}" is not a time`);
    if (at === 'skipped') return { time: null, at: null };
    return { time: this.#convert ? this.#zone.iso(at) : cell.time, at };
  }
}

/** Lets the file's time pass at a multiple of the real one. */
class Pace {
  readonly #speed: number;
  readonly #signal: AbortSignal | undefined;
  #first: number | undefined;
  #began = 0;

  constructor(speed: number, signal: AbortSignal | undefined) {
    this.#speed = speed;
    this.#signal = signal;
  }

  waits(at: number): boolean {
    return this.#left(at) > 0;
  }

  async until(at: number): Promise<void> {
    for (let left = this.#left(at); left > 0 && !this.#signal?.aborted; left = this.#left(at)) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(left, 200)));
    }
  }

  #left(at: number): number {
    if (this.#first === undefined) {
      this.#first = at;
      this.#began = performance.now();
    }
    return (at - this.#first) / this.#speed - (performance.now() - this.#began);
  }
}
