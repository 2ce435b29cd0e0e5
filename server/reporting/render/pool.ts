import { Worker } from 'node:worker_threads';
import type { Report } from '../model.ts';
import type { LookOptions } from './forms.ts';
import type { ReportForm } from './render.ts';

/** To a rendering thread, and back. */
export interface RenderTask {
  report: Report;
  forms: readonly ReportForm[];
  look: LookOptions;
}
export type RenderAnswer = { made: Partial<Record<ReportForm, Uint8Array>> } | { error: string };

/** Too much is waiting to be rendered; it will do later. */
export class RenderBusyError extends Error {
  override readonly name = 'RenderBusyError';
}

export interface PoolSettings {
  /** Threads at most. */
  threads: number;
  /** Reports that may wait for one. */
  maxWaiting: number;
  /** After which a thread without work ends, with the memory of its libraries. */
  idleMs: number;
}

const DEFAULTS: PoolSettings = { threads: 2, maxWaiting: 32, idleMs: 30_000 };
/** A report is a few hundred KB; one that needs more than this fails alone. */
const HEAP_MB = 256;
/** A document is a great many small objects that are all gone when it is written. */
const YOUNG_MB = 48;

interface Job {
  task: RenderTask;
  resolve: (made: Partial<Record<ReportForm, Uint8Array>>) => void;
  reject: (error: Error) => void;
}

interface Thread {
  worker: Worker;
  job: Job | null;
  idle: NodeJS.Timeout | null;
}

/** Renders reports on threads of its own, one report a thread at a time, in the order in which they came. */
export class RenderPool {
  readonly #settings: PoolSettings;
  readonly #threads = new Set<Thread>();
  readonly #waiting: Job[] = [];

  constructor(settings: Partial<PoolSettings> = {}) {
    this.#settings = { ...DEFAULTS, ...settings };
  }

  /** Threads that are there now. */
  get threads(): number {
    return this.#threads.size;
  }

  /** @throws RenderBusyError when too many wait already */
  render<F extends ReportForm>(
    report: Report,
    forms: readonly F[],
    look: LookOptions = {},
  ): Promise<Record<F, Uint8Array>> {
    return new Promise<Partial<Record<ReportForm, Uint8Array>>>((resolve, reject) => {
      if (this.#waiting.length >= this.#settings.maxWaiting) {
        throw new RenderBusyError(`${this.#waiting.length} reports wait to be rendered; try again soon`);
      }
      this.#waiting.push({ task: { report, forms, look }, resolve, reject });
      this.#next();
    }) as Promise<Record<F, Uint8Array>>;
  }

  /** Ends the threads; what is under way or waits fails. */
  async close(): Promise<void> {
    for (const { reject } of this.#waiting.splice(0)) reject(new Error('rendering was stopped'));
    await Promise.all([...this.#threads].map(({ worker }) => worker.terminate()));
  }

  #next(): void {
    if (this.#waiting.length === 0) return;
    const free = [...this.#threads].find((t) => t.job === null);
    const thread = free ?? (this.#threads.size < this.#settings.threads ? this.#start() : null);
    if (!thread) return;
    const job = this.#waiting.shift() as Job;
    if (thread.idle) clearTimeout(thread.idle);
    thread.job = job;
    thread.worker.ref();
    thread.worker.postMessage(job.task);
  }

  #start(): Thread {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    });
    const thread: Thread = { worker, job: null, idle: null };
    this.#threads.add(thread);
    worker.on('message', (answer: RenderAnswer) => {
      const job = thread.job;
      thread.job = null;
      if ('error' in answer) job?.reject(new Error(answer.error));
      else job?.resolve(answer.made);
      // A process that has nothing else to do may end.
      worker.unref();
      thread.idle = setTimeout(() => void worker.terminate(), this.#settings.idleMs).unref();
      this.#next();
    });
    const gone = (error: Error): void => {
      this.#threads.delete(thread);
      thread.job?.reject(error);
      thread.job = null;
      this.#next();
    };
    worker.on('error', gone);
    worker.on('exit', () => gone(new Error('the thread that renders reports ended')));
    return thread;
  }
}
