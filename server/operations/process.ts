import { totalmem } from 'node:os';
import { type ELDHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';

/** How late the event loop was over a window, s. */
export interface LoopDelay {
  p50: number;
  p99: number;
  max: number;
}

/** Timers are looked at so often, ms; their own delay is taken off what was measured. */
const RESOLUTION_MS = 20;
const NS = 1e9;

/** How late the event loop is; `window` gives what came since it was last asked. */
export class LoopWatch {
  readonly #histogram: ELDHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  start(): void {
    this.#histogram.enable();
  }

  stop(): void {
    this.#histogram.disable();
  }

  window(): LoopDelay {
    const of = (ns: number): number => Math.max(0, ns / NS - RESOLUTION_MS / 1000);
    const h = this.#histogram;
    const delay =
      h.count === 0
        ? { p50: 0, p99: 0, max: 0 }
        : { p50: of(h.percentile(50)), p99: of(h.percentile(99)), max: of(h.max) };
    h.reset();
    return delay;
  }
}

/** Seconds of CPU time and bytes of memory of this process, all its threads included. */
export function processUse(): {
  cpuS: number;
  rss: number;
  heapUsed: number;
  heapTotal: number;
  external: number;
} {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage();
  return { cpuS: (user + system) / 1e6, rss, heapUsed, heapTotal, external };
}

let limits: { memoryBytes: number; heapBytes: number } | null = null;

/** Bytes that this process may take: of its control group or the machine, and of JavaScript's heap. */
export function memoryLimits(): { memoryBytes: number; heapBytes: number } {
  // Without a group's limit the system names none, or one beyond every machine.
  limits ??= {
    memoryBytes: Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()),
    heapBytes: getHeapStatistics().heap_size_limit,
  };
  return limits;
}
