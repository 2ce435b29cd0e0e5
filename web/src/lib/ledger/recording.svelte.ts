import { mount } from 'svelte';
import type { Effect, Statement, Suspect } from '../../../../server/http/schemas/ledger.ts';
import type { Epoch, MeterInfo } from '../../../../server/http/schemas/meters.ts';

interface Point {
  time: string;
  value: number;
}

/** What a person is about to write down about a meter. */
export type Recording = { meter: MeterInfo } & (
  | { kind: 'exchange'; previous?: Point | null; next?: Point | null; at?: number }
  | { kind: 'remove'; epoch: Epoch }
  | { kind: 'ceiling'; suspect?: Suspect | null }
  | { kind: 'manual'; at?: number }
  | { kind: 'estimate'; from?: number; to?: number }
  | { kind: 'withdraw'; statement: Statement }
);

/** What was just saved, until the next is or it was seen. */
export interface Saved {
  kind: Recording['kind'];
  meter: MeterInfo;
  effect: Effect;
}

/** One dialog at a time, opened from anywhere; pages follow `version` to show what changed. */
class RecordingState {
  current = $state.raw<Recording | null>(null);
  saved = $state.raw<Saved | null>(null);
  version = $state(0);
  #dialog: Promise<void> | null = null;

  open(recording: Recording): void {
    this.saved = null;
    this.current = recording;
    this.#dialog ??= import('./RecordingDialog.svelte').then(({ default: Dialog }) => {
      mount(Dialog, { target: document.body });
    });
    this.#dialog.catch(() => {
      this.#dialog = null;
      this.current = null;
    });
  }

  done(effect: Effect): void {
    const { current } = this;
    if (current) this.saved = { kind: current.kind, meter: current.meter, effect };
    this.current = null;
    this.version++;
  }
}

export const recording = new RecordingState();
