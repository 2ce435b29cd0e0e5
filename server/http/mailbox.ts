export interface MailboxSettings {
  /** Entries that may wait; beyond it the one that has waited longest goes. */
  size: number;
  /** How long the client may take nothing, ms, before it is dropped. */
  deadlineMs: number;
  /** Called once, however the client goes. */
  closed: () => void;
  /** Ends the connection of a client that takes nothing any more. */
  drop: () => void;
}

/** A chunk is sent at most so often, so that a burst of readings is one write. */
const PAUSE_MS = 100;
/** Keeps proxies from taking a quiet connection for a dead one. */
const KEEP_ALIVE_MS = 15_000;

/**
 * Server-sent events for one client. What waits is bounded: a newer event takes the place of an older one
 * with the same key. The stream is pulled, so the next chunk is made only after the last one was taken.
 */
export class Mailbox {
  readonly stream: ReadableStream<Uint8Array>;
  readonly #settings: MailboxSettings;
  readonly #waiting = new Map<string, string>();
  readonly #encoder = new TextEncoder();
  #deadline: NodeJS.Timeout | null = null;
  #arrived: (() => void) | null = null;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;
  #sentAt = 0;
  #over = false;

  constructor(settings: MailboxSettings) {
    this.#settings = settings;
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        pull: (controller) => this.#pull(controller),
        cancel: () => this.#finish(),
      },
      { highWaterMark: 0 },
    );
    this.#expectTaking();
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @param data one line of JSON */
  put(key: string, event: string, data: string): void {
    if (this.#over) return;
    this.#waiting.delete(key);
    if (this.#waiting.size >= this.#settings.size) {
      const [oldest] = this.#waiting.keys();
      if (oldest !== undefined) this.#waiting.delete(oldest);
    }
    this.#waiting.set(key, `event: ${event}\ndata: ${data}\n\n`);
    this.#arrived?.();
  }

  /** Closes the stream after what was handed over already. */
  end(): void {
    if (this.#over) return;
    this.#finish();
    this.#controller?.close();
  }

  /** The client has taken everything so far and is ready for more. */
  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    this.#taken();
    const pause = this.#sentAt + PAUSE_MS - performance.now();
    if (pause > 0) await this.#wait(pause, false);
    if (!this.#over && this.#waiting.size === 0) await this.#wait(KEEP_ALIVE_MS, true);
    if (this.#over) return;
    const text = this.#waiting.size > 0 ? [...this.#waiting.values()].join('') : ': keep-alive\n\n';
    this.#waiting.clear();
    this.#sentAt = performance.now();
    this.#expectTaking();
    controller.enqueue(this.#encoder.encode(text));
  }

  /** Until the time is over, the mailbox ends or, when asked for, something arrives. */
  #wait(ms: number, forArrival: boolean): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, ms);
      const self = this;
      function done(): void {
        clearTimeout(timer);
        self.#arrived = null;
        resolve();
      }
      this.#arrived = () => {
        if (forArrival || this.#over) done();
      };
    });
  }

  #expectTaking(): void {
    this.#deadline = setTimeout(() => {
      this.#settings.drop();
      this.end();
    }, this.#settings.deadlineMs);
    this.#deadline.unref();
  }

  #taken(): void {
    if (this.#deadline) clearTimeout(this.#deadline);
    this.#deadline = null;
  }

  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#taken();
    this.#waiting.clear();
    this.#arrived?.();
    this.#settings.closed();
  }
}
