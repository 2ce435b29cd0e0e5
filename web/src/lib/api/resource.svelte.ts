import { ApiError, getJson, isAbort } from './client.ts';

/**
 * What a route answers, followed while its address changes. A new address clears the old answer, which
 * belongs to something else; a reload keeps it until the new one is here.
 */
export class Resource<T> {
  #data = $state.raw<T | null>(null);
  #error = $state.raw<ApiError | null>(null);
  #loading = $state(false);
  #path: string | null = null;
  #abort: AbortController | null = null;

  get data(): T | null {
    return this.#data;
  }
  get error(): ApiError | null {
    return this.#error;
  }
  get loading(): boolean {
    return this.#loading;
  }

  /** Call inside an effect or a component's start; `path` gives the address, null for none yet. */
  constructor(path: () => string | null) {
    const address = $derived(path());
    $effect(() => {
      this.#path = address;
      this.#data = null;
      void this.#load();
      return () => this.#abort?.abort();
    });
  }

  /** Asks again and keeps showing what is there until the answer comes. */
  reload = (): Promise<void> => this.#load();

  async #load(): Promise<void> {
    this.#abort?.abort();
    const path = this.#path;
    if (path === null) {
      this.#loading = false;
      return;
    }
    const abort = new AbortController();
    this.#abort = abort;
    this.#loading = true;
    try {
      const data = await getJson<T>(path, abort.signal);
      if (abort.signal.aborted) return;
      this.#data = data;
      this.#error = null;
    } catch (error) {
      if (isAbort(error) || abort.signal.aborted) return;
      this.#error = error instanceof ApiError ? error : new ApiError(0, null);
    }
    this.#loading = false;
  }
}
