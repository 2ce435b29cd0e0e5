import { AHEAD_LIMIT_MS } from '../domain/reading.ts';
import type { DecodeContext } from './decode.ts';
import type { IntakeLog } from './log.ts';
import { type RetryTarget, retryQuarantine } from './release.ts';

/** How often held readings are looked at. */
const EVERY_MS = 60_000;

/** Readings ahead of time wait in quarantine; this takes them in when their time has come. */
export class HeldReadings {
  readonly #target: RetryTarget;
  readonly #context: () => DecodeContext;
  readonly #log: IntakeLog;
  #timer: NodeJS.Timeout | null = null;
  #looking: Promise<number> | null = null;

  constructor(target: RetryTarget, context: () => DecodeContext, log: IntakeLog) {
    this.#target = target;
    this.#context = context;
    this.#log = log;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.look().catch((error: unknown) => {
        this.#log.error({ err: error }, 'intake: readings ahead of time not taken in');
      });
    }, EVERY_MS);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer);
    await this.#looking?.catch(() => {});
  }

  /** Takes in those whose time is no longer ahead. @returns how many were stored */
  look(): Promise<number> {
    this.#looking ??= this.#release().finally(() => {
      this.#looking = null;
    });
    return this.#looking;
  }

  async #release(): Promise<number> {
    const due = { reason: 'time_ahead' as const, dueBy: this.#context().now + AHEAD_LIMIT_MS };
    if (this.#target.quarantine({ ...due, limit: 1 }).length === 0) return 0;
    const { stored } = await retryQuarantine(due, this.#target, this.#context);
    if (stored > 0) this.#log.info({ stored }, 'intake: readings ahead of time taken in');
    return stored;
  }
}
