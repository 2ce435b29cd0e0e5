import type { JournalEntry } from '../journal/journal.ts';
import { type Decided, putAway } from './classify.ts';

export interface Outcome {
  stored: number;
  duplicate: number;
  /** Put away by the ledger: conflicts, and what the time series refuses. */
  conflict: number;
}

/** What became of the readings of imports, by their source. */
export class ImportOutcomes {
  readonly #outcomes = new Map<number, Outcome>();

  /** So far. */
  of(source: number): Outcome {
    return this.#outcomes.get(source) ?? { stored: 0, duplicate: 0, conflict: 0 };
  }

  forget(source: number): void {
    this.#outcomes.delete(source);
  }

  /** Takes note of a hand-over. */
  count(entries: readonly JournalEntry[], decided: Decided): void {
    let index = 0;
    const duplicates = new Set(decided.duplicates);
    const conflicts = new Set(putAway(decided));
    for (const entry of entries) {
      if (entry.source === 0) {
        index += entry.readings.length;
        continue;
      }
      const outcome = this.of(entry.source);
      for (let i = 0; i < entry.readings.length; i++, index++) {
        if (duplicates.has(index)) outcome.duplicate++;
        else if (conflicts.has(index)) outcome.conflict++;
        else outcome.stored++;
      }
      this.#outcomes.set(entry.source, outcome);
    }
  }
}
