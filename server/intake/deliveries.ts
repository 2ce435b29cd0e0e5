import type { Decoded } from './packet.ts';
import type { Sink } from './port.ts';
import { type Entry, Unacknowledged } from './unacknowledged.ts';

const IN_FLIGHT_BYTES = 16 * 1024 * 1024;

export interface DeliveryOptions {
  sink: Sink;
  /** Packets that may wait for their commit; beside them 16 MiB of payloads. */
  limit: number;
  /** Writes PUBACKs to the connection that is open now; they are lost with it where it is not. */
  write(acknowledgements: Buffer): void;
  /** What came over the connection that is open now could not be stored. */
  failed(error: unknown): void;
}

/** Packets whose readings become durable together: the sink gave all of them the same promise. */
interface Commit {
  stored: Promise<unknown>;
  /** The connection that they came over. */
  of: Unacknowledged;
  packets: number;
  bytes: number;
  entries: Entry[];
}

/** Packets between their arrival from a broker and their acknowledgement, with the bound on how many there are. */
export class Deliveries {
  readonly #options: DeliveryOptions;
  /** Of the connection that is open now. */
  #waiting = new Unacknowledged();
  #commit: Commit | null = null;
  #flushing = false;
  #bytes = 0;
  /** Lets the next packet come, while there is too much in flight. */
  #resume: (() => void) | null = null;
  /** Packets handed to the sink that have not settled, of earlier connections too. */
  inFlight = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /**
   * @param messageId to be acknowledged after the commit; null at QoS 0
   * @param next called when there is room for another packet, at once or later
   */
  take(decoded: Decoded, messageId: number | null, size: number, next: () => void): void {
    const entry = messageId === null ? null : this.#waiting.add(messageId);
    if (decoded.ignored) {
      if (entry) entry.settled = true;
      this.#acknowledgeSoon();
    } else {
      this.inFlight++;
      this.#bytes += size;
      const stored = this.#options.sink.append(decoded.readings, decoded.rejects);
      if (this.#commit?.stored !== stored || this.#commit.of !== this.#waiting)
        this.#commit = this.#follow(stored);
      const commit = this.#commit;
      commit.packets++;
      commit.bytes += size;
      if (entry) commit.entries.push(entry);
    }
    if (this.#isRoom()) next();
    else this.#resume = next;
  }

  /** Message ids of a connection that has ended mean other packets on the next. */
  renew(): void {
    this.#waiting = new Unacknowledged();
  }

  /** Lets the library go on that waits for room; what it still hands over is of a connection that has ended. */
  letGo(): void {
    const go = this.#resume;
    this.#resume = null;
    go?.();
  }

  acknowledge(): void {
    const bytes = this.#waiting.take();
    if (bytes) this.#options.write(bytes);
  }

  #isRoom(): boolean {
    return this.inFlight < this.#options.limit && this.#bytes < IN_FLIGHT_BYTES;
  }

  #follow(stored: Promise<unknown>): Commit {
    const commit: Commit = { stored, of: this.#waiting, packets: 0, bytes: 0, entries: [] };
    const release = (): void => {
      if (this.#commit === commit) this.#commit = null;
      this.inFlight -= commit.packets;
      this.#bytes -= commit.bytes;
      if (this.#resume && this.#isRoom()) this.letGo();
    };
    stored.then(
      () => {
        for (const entry of commit.entries) entry.settled = true;
        // After a reconnect the broker sends the packets again, and those are acknowledged.
        if (commit.of === this.#waiting) this.#acknowledgeSoon();
        release();
      },
      (error: unknown) => {
        release();
        // Only this connection's: one that has been made since has its own.
        if (commit.of === this.#waiting) this.#options.failed(error);
      },
    );
    return commit;
  }

  /** What settles in one turn leaves in one write. */
  #acknowledgeSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.acknowledge();
    });
  }
}
