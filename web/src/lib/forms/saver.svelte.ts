import type { ApiError } from '../api/client.ts';
import { type Sent, send } from '../api/send.ts';
import { remember } from './who.ts';

/** Sends what a form holds, and keeps what is wrong with it by field. */
export class Saver {
  saving = $state(false);
  /** After the first attempt every fault of the form is shown. */
  tried = $state(false);
  error = $state.raw<ApiError | null>(null);
  #faults = $state.raw<Record<string, string>>({});
  readonly #inWords: (message: string) => string;

  /** `inWords` turns what the server says of a field into the words of the page. */
  constructor(inWords: (message: string) => string = (message) => message) {
    this.#inWords = inWords;
  }

  /** What the server says of a field, `coefficients[0].kgce`. */
  fault(path: string): string | undefined {
    const message = this.#faults[path];
    return message === undefined ? undefined : this.#inWords(message);
  }

  /** What it says of fields that the form does not have. */
  others(paths: readonly string[]): string[] {
    return Object.entries(this.#faults).flatMap(([path, message]) =>
      paths.includes(path) ? [] : [`${path ? `${path}: ` : ''}${this.#inWords(message)}`],
    );
  }

  /** @returns null where it was refused */
  async save<T>(
    method: 'PUT' | 'POST' | 'DELETE',
    route: string,
    body: unknown,
    by: string,
  ): Promise<T | null> {
    this.saving = true;
    const name = by.trim();
    const sent: Sent<T> =
      method === 'DELETE'
        ? await send(method, route, undefined, name ? { recorded_by: name } : {})
        : await send(method, route, body);
    this.saving = false;
    this.#faults = sent.faults;
    this.error = sent.error;
    if (sent.data !== null && name) remember(name);
    return sent.data;
  }
}

/** Sends the focus to the first field that is at fault. */
export function toFault(form: EventTarget | null): void {
  if (!(form instanceof HTMLElement)) return;
  requestAnimationFrame(() => form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
}
