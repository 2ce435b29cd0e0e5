import { Worker } from 'node:worker_threads';
import type { Answer, Request, WorkerSettings } from './protocol.ts';

/** The journal's thread as the main thread asks it: each request is settled by its answer, or by the thread's end. */
export class JournalThread {
  /** Size of the database's used pages after the last commit. */
  bytes = 0;
  #worker: Worker | null = null;
  #nextId = 1;
  #ended: Error | null = null;
  #refusal: string | null = null;
  readonly #asked = new Map<number, { resolve: (a: Answer) => void; reject: (e: Error) => void }>();

  /** Why the thread has ended by itself; null when it has not. */
  get ended(): Error | null {
    return this.#ended;
  }

  /** As `Journal.failure`. */
  get failure(): string | null {
    return this.#ended?.message ?? this.#refusal;
  }

  get isOpen(): boolean {
    return this.#worker !== null;
  }

  async start(workerData: WorkerSettings): Promise<void> {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      name: 'journal',
      workerData,
      // It holds one group at a time; V8's default young generation would be larger than all its data.
      resourceLimits: { maxYoungGenerationSizeMb: 8 },
    });
    this.#worker = worker;
    await new Promise<void>((resolve, reject) => {
      this.#asked.set(0, { resolve: () => resolve(), reject });
      worker.on('message', (answer: Answer) => this.#answered(answer));
      worker.on('error', (error: Error) => this.#fail(error));
      worker.on('exit', (code) => this.#fail(new Error(`the journal's thread ended with code ${code}`)));
    });
  }

  async close(): Promise<void> {
    // A thread that has ended has nothing to close.
    if (!this.#ended) await this.ask({ do: 'close' });
    this.#worker = null;
  }

  /** @throws what the thread answered; when it has ended, or is not there */
  ask(request: Request, transfer: ArrayBuffer[] = []): Promise<Answer> {
    const worker = this.#worker;
    if (this.#ended) return Promise.reject(this.#ended);
    if (!worker) return Promise.reject(new Error('the journal is not open'));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#asked.set(id, { resolve, reject });
      worker.postMessage({ id, request }, transfer);
    });
  }

  /** Notes why readings were not taken; it stands until a request succeeds. */
  refused(why: string): void {
    this.#refusal = why;
  }

  #answered(answer: Answer): void {
    const asked = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if (answer.bytes > 0) this.bytes = answer.bytes;
    if (answer.error === null) {
      this.#refusal = null;
      asked?.resolve(answer);
    } else asked?.reject(new Error(answer.error));
  }

  #fail(error: Error): void {
    if (!this.#worker) return;
    this.#ended = error;
    for (const { reject } of this.#asked.values()) reject(error);
    this.#asked.clear();
  }
}
