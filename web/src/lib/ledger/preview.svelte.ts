import type { Effect } from '../../../../server/http/schemas/ledger.ts';
import type { ApiError, Query } from '../api/client.ts';
import { send } from '../api/send.ts';

/** What would be sent to write something down. */
export interface Draft {
  method: 'POST' | 'DELETE';
  route: string;
  query?: Query;
  body?: unknown;
}

/** Typing settles for so long before the server is asked. */
const DEBOUNCE_MS = 350;

/** The effect of a draft, asked for while it changes, and the faults that the server finds in it. */
export class Preview {
  effect = $state.raw<Effect | null>(null);
  /** By field, as the server spells it. */
  faults = $state.raw<Record<string, string>>({});
  /** What no field is to blame for. */
  error = $state.raw<ApiError | null>(null);
  asking = $state(false);
  saving = $state(false);

  /** Call inside a component's start; `draft` null: not complete enough to ask. */
  constructor(draft: () => Draft | null) {
    $effect(() => {
      const asked = draft();
      this.asking = asked !== null;
      if (asked === null) {
        this.effect = null;
        return;
      }
      const abort = new AbortController();
      const timer = setTimeout(() => void this.#ask(asked, abort.signal), DEBOUNCE_MS);
      return () => {
        clearTimeout(timer);
        abort.abort();
      };
    });
  }

  /** @returns null where it was refused; the faults say why */
  async save(draft: Draft): Promise<Effect | null> {
    this.saving = true;
    const effect = await this.#send(draft, false);
    this.saving = false;
    return effect;
  }

  async #ask(draft: Draft, signal: AbortSignal): Promise<void> {
    const effect = await this.#send(draft, true, signal);
    if (signal.aborted) return;
    this.effect = effect;
    this.asking = false;
  }

  async #send(draft: Draft, preview: boolean, signal?: AbortSignal): Promise<Effect | null> {
    const sent = await send<Effect>(
      draft.method,
      draft.route,
      draft.body,
      { ...draft.query, preview: String(preview) },
      signal,
    );
    if (signal?.aborted) return null;
    this.faults = sent.faults;
    this.error = sent.error;
    return sent.data;
  }
}
