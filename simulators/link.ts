import mqtt, { type MqttClient } from 'mqtt';

/** One reading as it goes over the wire. */
export interface SentReading {
  meter: string;
  /** ISO 8601, YYYYMMDDHHmmss, or epoch seconds or milliseconds. */
  time: string | number;
  value: number;
}

export interface Packet {
  topic: string;
  payload: string;
  /** How many readings from the head of the queue are in it. */
  count: number;
}

/** Makes a packet of the head of a queue that is not empty. */
export type Encode = (queue: readonly SentReading[]) => Packet;

/** As `jieneng device add` prints it. */
export interface Credential {
  username: string;
  password: string;
}

export interface LinkOptions {
  url: string;
  /** Names the persistent session at the broker. */
  clientId: string;
  /** How it signs in; left out: without a name. */
  credential?: Credential | undefined;
  encode: Encode;
  /** Readings kept while the broker cannot be reached; beyond it the oldest go. */
  capacity?: number;
  /** Packets sent and not yet acknowledged. */
  window?: number;
}

/** Readings in a packet; at 200 bytes each far below the packet limit of 256 KiB. */
export const BATCH_LIMIT = 1000;

/** `gateways/{gateway}/readings` with at most `batch` readings. */
export function asGateway(gateway: string, batch: number): Encode {
  return (queue) => {
    const readings = queue.slice(0, Math.min(batch, BATCH_LIMIT));
    return {
      topic: `gateways/${gateway}/readings`,
      payload: JSON.stringify({ readings }),
      count: readings.length,
    };
  };
}

/** `meters/{meter}/readings` with the readings of the meter at the head. */
export function asMeter(queue: readonly SentReading[]): Packet {
  const meter = queue[0]!.meter;
  const other = queue.findIndex((r) => r.meter !== meter);
  const own = queue.slice(0, Math.min(other < 0 ? queue.length : other, BATCH_LIMIT));
  const readings = own.map(({ time, value }) => ({ time, value }));
  return {
    topic: `meters/${meter}/readings`,
    payload: JSON.stringify(readings.length === 1 ? readings[0] : readings),
    count: own.length,
  };
}

/**
 * What a gateway does to get its readings across: a bounded store, one connection with a persistent session,
 * QoS 1, and nothing forgotten before it is acknowledged.
 */
export class Link {
  /** Readings; a repeat counts again. */
  sent = 0;
  acked = 0;
  dropped = 0;
  readonly #options: Required<Omit<LinkOptions, 'credential'>> & Pick<LinkOptions, 'credential'>;
  readonly #queue: SentReading[] = [];
  /** Sent and not yet acknowledged, oldest first. */
  readonly #flying = new Set<SentReading[]>();
  #client: MqttClient | undefined;
  #lastError = 'no answer';
  #progress = Date.now();

  constructor(options: LinkOptions) {
    this.#options = { capacity: 20_000, window: 8, ...options };
  }

  /** Readings waiting or under way. */
  get pending(): number {
    let flying = 0;
    for (const batch of this.#flying) flying += batch.length;
    return this.#queue.length + flying;
  }

  get queued(): number {
    return this.#queue.length;
  }

  get connected(): boolean {
    return this.#client?.connected ?? false;
  }

  /** Connects, and goes on trying until `cut` or `close`. */
  open(): void {
    if (this.#client) return;
    const { url, clientId, credential } = this.#options;
    // Not `manualConnect`: a client of that kind that is ended before its CONNACK forgets that it was, and
    // connects again for ever (MQTT.js 5.16, `end`). What it tells, it tells after this turn of the loop.
    const client = mqtt.connect(url, {
      ...{ clientId, clean: false, reconnectPeriod: 1000, connectTimeout: 5000 },
      ...credential,
    });
    this.#client = client;
    client.on('connect', () => this.#pump());
    client.on('error', (error) => {
      // A refused connection on a name with two addresses comes as an AggregateError without a message.
      this.#lastError = error.message || ('code' in error ? String(error.code) : error.name);
    });
  }

  /** Loses the connection; what was under way goes back to the head of the store. */
  cut(): void {
    const client = this.#client;
    if (!client) return;
    this.#client = undefined;
    client.end(true);
    this.#queue.unshift(...[...this.#flying].flat());
    this.#flying.clear();
    this.#trim();
  }

  push(...readings: SentReading[]): void {
    this.#queue.push(...readings);
    this.#trim();
    this.#pump();
  }

  /** Sends a payload as it is, outside the account of readings and without keeping it through a cut. */
  raw(topic: string, payload: string, acked: () => void): void {
    if (!this.connected) return;
    this.#client?.publish(topic, payload, { qos: 1 }, (error) => {
      if (!error) acked();
    });
  }

  /** @throws Error when there is no connection within the time. */
  async ready(deadline_ms: number, signal?: AbortSignal): Promise<void> {
    const until = Date.now() + deadline_ms;
    while (!this.connected && !signal?.aborted) {
      if (Date.now() > until) throw new Error(`${this.#options.url}: no connection: ${this.#lastError}`);
      await pause(20);
    }
  }

  /**
   * Waits until at most `limit` readings are pending.
   * @throws Error when no acknowledgement arrives for `stall_ms`.
   */
  async drained(limit: number, stall_ms: number, signal?: AbortSignal): Promise<void> {
    this.#progress = Date.now();
    while (this.pending > limit && !signal?.aborted) {
      if (Date.now() - this.#progress > stall_ms) {
        throw new Error(
          `${this.#options.url}: no acknowledgement for ${stall_ms / 1000} s with ${this.pending} readings pending: ${this.#lastError}`,
        );
      }
      await pause(2);
    }
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.endAsync(!client.connected || this.#flying.size > 0);
  }

  #trim(): void {
    const over = this.#queue.length - this.#options.capacity;
    if (over > 0) {
      this.#queue.splice(0, over);
      this.dropped += over;
    }
  }

  #pump(): void {
    const client = this.#client;
    while (client?.connected && this.#queue.length > 0 && this.#flying.size < this.#options.window) {
      const { topic, payload, count } = this.#options.encode(this.#queue);
      const batch = this.#queue.splice(0, count);
      this.#flying.add(batch);
      this.sent += count;
      // Through a lost connection the client itself sends again what is under way.
      client.publish(topic, payload, { qos: 1 }, (error) => {
        if (client !== this.#client || !this.#flying.delete(batch)) return;
        if (error) this.#queue.unshift(...batch);
        else this.acked += count;
        this.#progress = Date.now();
        this.#pump();
      });
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
