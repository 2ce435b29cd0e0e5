import type { EngineInfo, Outage } from '../port.ts';
import type { InfluxConnection } from './connection.ts';
import { InfluxError, InfluxMismatch } from './error.ts';
import { prepare } from './prepare.ts';

/** How often a server that is not reached is looked for. */
const LOST_MS = 1000;
/** How often one that is reached is asked whether it is still there; without it a hang would be told late. */
const CALM_MS = 5000;

/**
 * Whether the server is there, and made ready for us. While it is not, everybody is answered at once with
 * the reason: nobody piles up in front of a server that hangs, and it is found again without a restart.
 */
export class Watch {
  readonly #connection: InfluxConnection;
  readonly #info: EngineInfo = { engine: 'influxdb', version: 'unknown' };
  #ready = false;
  #foundEmpty = false;
  #lost: (Outage & { error: InfluxError }) | null = null;
  #looking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;

  constructor(connection: InfluxConnection) {
    this.#connection = connection;
    connection.onSilence = () => {
      // A slow answer to one question is not an outage: whether the server is there, it is asked itself.
      if (this.#ready && !this.#looking) void this.#look();
    };
  }

  get outage(): Outage | null {
    return this.#lost && { since: this.#lost.since, why: this.#lost.why };
  }

  /** Whether there was nothing of ours when the server was made ready. */
  get foundEmpty(): boolean {
    return this.#foundEmpty;
  }

  /** @throws InfluxError while the server is not reached */
  reached(): void {
    if (this.#lost) throw new InfluxError(this.#lost.why, null, this.#lost.error);
  }

  /**
   * @returns what is known of the server; the version comes when it is reached
   * @throws InfluxMismatch when the server must not be used as it is
   */
  async start(): Promise<EngineInfo> {
    await this.#look();
    if (this.#lost?.error instanceof InfluxMismatch) {
      this.stop();
      throw this.#lost.error;
    }
    return this.#info;
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** Asks the server whether it is there, and once makes it ready. */
  async #look(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#looking = this.#ask();
    await this.#looking;
    this.#looking = null;
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#look(), this.#lost ? LOST_MS : CALM_MS);
    this.#timer.unref();
  }

  async #ask(): Promise<void> {
    const began = Date.now();
    try {
      this.#info.version = await this.#connection.version();
      if (!this.#ready) {
        const { isNew } = await prepare(this.#connection, this.#info.version);
        this.#foundEmpty = isNew;
      }
      this.#ready = true;
      this.#lost = null;
    } catch (error) {
      const known = error instanceof InfluxError ? error : new InfluxError(String(error), null, error);
      this.#lost = { since: this.#lost?.since ?? began, why: known.message, error: known };
      this.#connection.abandonQuestions();
    }
  }
}
