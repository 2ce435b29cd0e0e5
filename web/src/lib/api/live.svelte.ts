import type { Account } from '../../../../server/http/schemas/health.ts';
import type { LiveReading } from '../../../../server/http/schemas/readings.ts';
import { session } from '../state/session.svelte.ts';
import { apiPath } from './client.ts';

export type LiveState = 'connecting' | 'open' | 'reconnecting' | 'paused';

/** A reading of the list; the same meter may stand in it twice. */
export interface LiveRow extends LiveReading {
  key: number;
}

/** Rows kept: what the list shows. More arrive than anyone reads. */
const KEPT = 10;
/** The list moves at most twice a second. */
const BATCH_MS = 500;
/** A stream that was refused is asked for again. */
const AGAIN_MS = 5000;

/** The live values of a node. Closed while the page is hidden, so that a forgotten tab costs nothing. */
export class LiveFeed {
  rows = $state.raw<readonly LiveRow[]>([]);
  state = $state<LiveState>('connecting');
  account = $state.raw<Account | null>(null);
  /** Readings that arrived since the page was opened. */
  arrived = $state(0);
  /** Holds the list still; counting goes on. */
  held = $state(false);
  #source: EventSource | null = null;
  #waiting: LiveRow[] = [];
  #waitingCount = 0;
  #key = 0;

  /** Call inside a component's start; `node` null: the whole estate. */
  constructor(node: () => string | null) {
    const address = $derived(apiPath('/live', { node: node() }));
    $effect(() => {
      const path = address;
      this.rows = [];
      this.#waiting = [];
      const visibility = () => (document.hidden ? this.#pause() : this.#open(path));
      const timer = setInterval(() => this.#flush(), BATCH_MS);
      visibility();
      document.addEventListener('visibilitychange', visibility);
      return () => {
        document.removeEventListener('visibilitychange', visibility);
        clearInterval(timer);
        this.#source?.close();
        this.#source = null;
      };
    });
  }

  #open(path: string): void {
    this.#source?.close();
    this.state = 'connecting';
    const source = new EventSource(path);
    this.#source = source;
    source.addEventListener('open', () => {
      this.state = 'open';
    });
    source.addEventListener('error', () => {
      this.state = 'reconnecting';
      // The browser tries again by itself unless the answer was a refusal.
      if (source.readyState !== EventSource.CLOSED) return;
      // A stream ends with its sign-in, and cannot say so.
      void session.look();
      setTimeout(() => this.#reopen(source, path), AGAIN_MS);
    });
    source.addEventListener('reading', (event) => {
      const reading = JSON.parse(event.data) as LiveReading;
      this.#waiting.unshift({ ...reading, key: this.#key++ });
      this.#waiting.length = Math.min(this.#waiting.length, KEPT);
      this.#waitingCount++;
    });
    source.addEventListener('account', (event) => {
      this.account = JSON.parse(event.data) as Account;
    });
  }

  #reopen(source: EventSource, path: string): void {
    if (this.#source !== source) return;
    if (session.isOpen) this.#open(path);
    else setTimeout(() => this.#reopen(source, path), AGAIN_MS);
  }

  #pause(): void {
    this.#source?.close();
    this.#source = null;
    this.state = 'paused';
  }

  #flush(): void {
    if (this.#waitingCount === 0) return;
    this.arrived += this.#waitingCount;
    this.#waitingCount = 0;
    if (!this.held) this.rows = [...this.#waiting, ...this.rows].slice(0, KEPT);
    this.#waiting = [];
  }
}
