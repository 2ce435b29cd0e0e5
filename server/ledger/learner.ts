import { LEARN_FROM_MS, LEAST_SPAN_MS, learnCeiling } from '../domain/ceiling.ts';
import type { Estate } from '../domain/estate.ts';
import type { LearnedCeiling, Meter } from '../domain/meter.ts';
import { registerOf } from '../domain/register.ts';
import { DAY_MS, HOUR_MS } from '../domain/time.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import { pointsBetween } from './points.ts';

export interface LearnerDeps {
  timeseries: TimeSeries;
  estate: () => Estate;
  /** Writes down what was learned, as one change of the catalogue. */
  record: (learned: readonly { meter: string; ceiling: LearnedCeiling }[]) => void;
  log: { info(o: object, m: string): void; error(o: object, m: string): void };
  now: () => number;
  /** Whether a meter is computed here; every one without. */
  owns?: (meter: Meter) => boolean;
}

const FIRST_LOOK_MS = 20_000;
const LOOK_EVERY_MS = 10 * 60_000;
/** A meter that did not tell enough is asked again after so long. */
const AGAIN_MS = { tooLittle: 6 * HOUR_MS, learned: DAY_MS } as const;
/** Readings looked at per meter, or as many as it takes to learn anything. */
const READINGS = 20_000;
const LEAST_MS = LEAST_SPAN_MS + DAY_MS;
/** Pause between two meters, so that the stream and the dashboard go first. */
const PAUSE_MS = 5;

/** Learns ceilings for the counting registers of which nobody wrote one down, one meter after the other. */
export class CeilingLearner {
  readonly #deps: LearnerDeps;
  readonly #next = new Map<number, number>();
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(deps: LearnerDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#plan(FIRST_LOOK_MS);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (this.#timer) clearTimeout(this.#timer);
    await this.#running;
  }

  /** Looks at every meter that is due. @returns how many ceilings were learned */
  async look(): Promise<number> {
    const { estate, now, owns, record } = this.#deps;
    const learned: { meter: string; ceiling: LearnedCeiling }[] = [];
    for (const meter of estate().meters) {
      if (this.#stopping) break;
      if (owns && !owns(meter)) continue;
      const epoch = meter.epochs.at(-1);
      if (meter.register !== 'cumulative' || !epoch || epoch.maxRate !== null) continue;
      if ((this.#next.get(meter.no) ?? 0) > now()) continue;
      const ceiling = await this.#learn(meter);
      if (ceiling) learned.push({ meter: meter.id, ceiling });
      const wait = ceiling || meter.learned ? AGAIN_MS.learned : AGAIN_MS.tooLittle;
      this.#next.set(meter.no, now() + wait);
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
    if (learned.length > 0) record(learned);
    return learned.length;
  }

  async #learn(meter: Meter): Promise<LearnedCeiling | null> {
    const { timeseries, now } = this.#deps;
    const epoch = meter.epochs[meter.epochs.length - 1];
    const [last] = await timeseries.before([meter.no], Number.MAX_SAFE_INTEGER);
    if (!last || !epoch) return null;
    const floorMs = meter.intervalS * 1000;
    const back = last.time - Math.min(LEARN_FROM_MS, Math.max(LEAST_MS, READINGS * floorMs));
    const from = Math.max(back, epoch.from ?? back);
    const points = await pointsBetween(timeseries, [meter], from, last.time + 1);
    const register = registerOf(meter, epoch);
    return learnCeiling(register, points.get(meter.no) ?? [], floorMs, meter.learned, now());
  }

  #plan(wait: number): void {
    if (this.#stopping) return;
    this.#timer = setTimeout(() => {
      this.#running = this.look()
        .then((n) => {
          if (n > 0) this.#deps.log.info({ meters: n }, 'ledger: ceilings learned');
        })
        .catch((error: unknown) => this.#deps.log.error({ err: error }, 'ledger: ceilings not learned'))
        .finally(() => this.#plan(LOOK_EVERY_MS));
    }, wait);
    this.#timer.unref();
  }
}
