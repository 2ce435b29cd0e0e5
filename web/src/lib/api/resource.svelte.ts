import { ApiError, BACKGROUND, getJson, isAbort } from './client.ts';

/** A server that is away is asked again by itself: not everything that failed has a button beside it. */
const AGAIN_MS = 5000;

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
  #again: ReturnType<typeof setTimeout> | undefined;

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
      return () => {
        clearTimeout(this.#again);
        this.#abort?.abort();
      };
    });
  }

  /** Asks again and keeps showing what is there until the answer comes. */
  reload = (): Promise<void> => this.#load();

  /** The same for what looks by itself now and then: it keeps no sign-in alive. */
  refresh = (): Promise<void> => this.#load(BACKGROUND);

  async #load(headers: Readonly<Record<string, string>> = {}): Promise<void> {
    clearTimeout(this.#again);
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
      const data = await getJson<T>(path, abort.signal, headers);
      if (abort.signal.aborted) return;
      this.#data = data;
      this.#error = null;
    } catch (error) {
      if (isAbort(error) || abort.signal.aborted) return;
      const failure = error instanceof ApiError ? error : new ApiError(0, null);
      // The sign-in has ended: what is shown stays until somebody is signed in again.
      if (failure.status !== 401 || this.#data === null) this.#error = failure;
      if (failure.status === 0 || failure.status >= 500) {
        this.#again = setTimeout(() => void this.refresh(), AGAIN_MS);
      }
    }
    this.#loading = false;
  }
}
