import { mount } from 'svelte';
import type { Explanation } from '../../../../server/http/schemas/explanations.ts';

/** The explanation that stands open, one at a time; pages follow `version` to show what changed. */
class Explaining {
  current = $state.raw<Explanation | null>(null);
  version = $state(0);
  #dialog: Promise<void> | null = null;

  open(explanation: Explanation): void {
    this.current = explanation;
    this.#dialog ??= import('./ExplanationDialog.svelte').then(({ default: Dialog }) => {
      mount(Dialog, { target: document.body });
    });
    this.#dialog.catch(() => {
      this.#dialog = null;
      this.current = null;
    });
  }

  done(explanation: Explanation): void {
    this.current = explanation;
    this.version++;
  }
}

export const explaining = new Explaining();
