import { whole } from './advance.ts';
import type { StepKind } from './register.ts';
import type { Zone } from './time.ts';
import type { Weights } from './typical.ts';

/** What is known of one hour. An hour without an entry is unknown, not 0. */
export interface HourPart {
  start: number;
  measured: number;
  recovered: number;
  estimated: number;
  coveredMs: number;
}

/** Collects parts per hour, in order of time. */
export class Hours {
  readonly parts: HourPart[] = [];
  readonly #byStart = new Map<number, HourPart>();
  readonly #zone: Zone;
  readonly from: number;
  readonly to: number;
  /** The hour looked at last: most steps lie in the same one as the step before. */
  #hour = 0;
  #hourEnd = 0;
  /** The spans of which something is known; null where nobody asks. */
  readonly #known: [from: number, to: number][] | null;

  constructor(zone: Zone, from: number, to: number, estimated: boolean) {
    this.#zone = zone;
    this.from = from;
    this.to = to;
    this.#known = estimated ? [] : null;
  }

  /** Spreads a whole number of micro over [start, end) in proportion to time, or to time and weights. */
  spread(start: number, end: number, micro: number, kind: StepKind, weights: Weights | null = null): void {
    if (end <= this.from || start >= this.to || end <= start) return;
    this.#known?.push([start, end]);
    if (weights) this.#spreadWeighted(start, end, micro, kind, weights);
    else this.#spreadEvenly(start, end, micro, kind, start, end);
  }

  /** The part that [start, end) has of a quantity spread evenly over [first, last). */
  #spreadEvenly(
    start: number,
    end: number,
    micro: number,
    kind: StepKind,
    first: number,
    last: number,
  ): void {
    const span = last - first;
    const upTo = (t: number): number => (t >= last ? micro : Math.round((micro * (t - first)) / span));
    let at = Math.max(start, this.from);
    let before = at === first ? 0 : upTo(at);
    const until = Math.min(end, this.to);
    while (at < until) {
      const hour = this.#hourOf(at);
      const next = Math.min(this.#hourEnd, until);
      const after = upTo(next);
      this.#add(hour, after - before, next - at, kind);
      before = after;
      at = next;
    }
  }

  #spreadWeighted(start: number, end: number, micro: number, kind: StepKind, weights: Weights): void {
    const cuts: { hour: number; from: number; to: number; up: number }[] = [];
    let total = 0;
    for (let at = start; at < end; ) {
      const hour = this.#hourOf(at);
      const next = Math.min(this.#hourEnd, end);
      total += weights(hour) * (next - at);
      cuts.push({ hour, from: at, to: next, up: total });
      at = next;
    }
    let before = 0;
    for (const { hour, from, to, up } of cuts) {
      const after = to >= end ? micro : Math.round(micro * (up / total));
      if (from >= this.from && to <= this.to) this.#add(hour, after - before, to - from, kind);
      before = after;
    }
  }

  /** What a person says was used in [start, end), for the parts of it of which nothing else is known. */
  estimate(start: number, end: number, micro: number): void {
    const known = (this.#known ?? []).filter(([a, b]) => b > start && a < end).sort((a, b) => a[0] - b[0]);
    let at = start;
    for (const [a, b] of [...known, [end, end] as const]) {
      if (a > at) this.#spreadEvenly(at, Math.min(a, end), micro, 'estimated', start, end);
      at = Math.max(at, b);
    }
  }

  /** Visits the pieces of [start, end) hour by hour; the callback says what each piece amounts to. */
  pieces(start: number, end: number, amount: (from: number, to: number) => number): void {
    if (end > this.from && start < this.to) this.#known?.push([start, end]);
    let at = Math.max(start, this.from);
    const last = Math.min(end, this.to);
    while (at < last) {
      const hour = this.#hourOf(at);
      const next = Math.min(this.#hourEnd, last);
      this.#add(hour, amount(at, next), next - at, 'measured');
      at = next;
    }
  }

  /** Start of the hour that holds the instant; its end is `#hourEnd` then. */
  #hourOf(at: number): number {
    if (at < this.#hour || at >= this.#hourEnd) {
      this.#hour = this.#zone.startOf('hour', at);
      this.#hourEnd = this.#zone.next('hour', this.#hour);
    }
    return this.#hour;
  }

  #add(hour: number, micro: number, ms: number, kind: StepKind): void {
    let part = this.parts[this.parts.length - 1];
    if (part?.start !== hour) {
      part = this.#byStart.get(hour);
      if (!part) {
        part = { start: hour, measured: 0, recovered: 0, estimated: 0, coveredMs: 0 };
        this.parts.push(part);
        this.#byStart.set(hour, part);
      }
    }
    part[kind] = whole(part[kind] + micro);
    if (kind === 'measured') {
      this.#hourOf(hour);
      part.coveredMs = Math.min(part.coveredMs + ms, this.#hourEnd - hour);
    }
  }
}
