import type { DatabaseSync, StatementSync } from 'node:sqlite';

interface Row {
  seq: number;
  n: number;
}

/** Rows forgotten at the front before the list is cut: cutting it for each would copy it each time. */
const CUT_AT = 1024;

/**
 * How many readings wait in the journal. Adding the rows up each time reads a page per row, a second of the
 * main thread when gigabytes wait; this looks only at rows that came since it was last asked.
 */
export class PendingReadings {
  readonly #first: StatementSync;
  readonly #since: StatementSync;
  #rows: Row[] = [];
  #gone = 0;
  #last = 0;
  #sum = 0;

  constructor(db: DatabaseSync) {
    this.#first = db.prepare('SELECT seq, received_at FROM journal ORDER BY seq LIMIT 1');
    this.#since = db.prepare('SELECT seq, n FROM journal WHERE seq > ? ORDER BY seq');
  }

  count(): number {
    const first = this.#first.get() as { seq: number } | undefined;
    const from = first?.seq ?? Number.POSITIVE_INFINITY;
    for (let row = this.#rows[this.#gone]; row && row.seq < from; row = this.#rows[++this.#gone]) {
      this.#sum -= row.n;
    }
    if (this.#gone >= CUT_AT || this.#gone === this.#rows.length) {
      this.#rows = this.#rows.slice(this.#gone);
      this.#gone = 0;
    }
    if (!first) return this.#sum;
    for (const row of this.#since.iterate(this.#last)) {
      const { seq, n } = row as unknown as Row;
      this.#rows.push({ seq, n });
      this.#last = seq;
      this.#sum += n;
    }
    return this.#sum;
  }

  /** Arrival of what has waited longest, epoch ms, or null. */
  oldest(): number | null {
    return (this.#first.get() as { received_at: number } | undefined)?.received_at ?? null;
  }
}
