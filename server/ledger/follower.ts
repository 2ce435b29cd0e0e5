import type { Journal } from '../journal/journal.ts';
import type { TimeSeries } from '../timeseries/port.ts';
import type { Ledger } from './ledger.ts';
import type { MeterChange } from './posting.ts';

/** Longest wait for figures that follow a change of the catalogue. */
const SETTLED_MS = 5000;

export interface FollowerDeps {
  catalogue: { readonly version: number; changedSince(version: number): readonly MeterChange[] };
  journal: Pick<Journal, 'catalogueVersion'>;
  ledger: Pick<Ledger, 'recompute' | 'drained'>;
  timeseries: Pick<TimeSeries, 'outage'>;
  log: { error(fields: object, message: string): void };
}

/** Marks what changes of the catalogue touched for recomputation, until journal and catalogue agree. */
export class CatalogueFollower {
  readonly #of: FollowerDeps;
  #marking: Promise<void> | null = null;

  constructor(of: FollowerDeps) {
    this.#of = of;
  }

  /** Begins to mark what is not marked yet; what could not be is tried again with the next look. */
  look(): void {
    this.#marking ??= this.#mark().finally(() => {
      this.#marking = null;
    });
  }

  /** Settles when nothing is being marked. */
  async marked(): Promise<void> {
    await this.#marking;
  }

  /** Waits until changed meters are computed again, but not for ever: the server may have much else to do. */
  async settled(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, SETTLED_MS);
    try {
      await Promise.race([late, this.marked().then(() => this.#of.ledger.drained())]);
    } catch {
      // The health page says why nothing is computed; what was written down stays.
    } finally {
      clearTimeout(timer);
    }
  }

  async #mark(): Promise<void> {
    const { catalogue, journal, ledger, timeseries, log } = this.#of;
    try {
      for (
        let done = journal.catalogueVersion();
        done < catalogue.version;
        done = journal.catalogueVersion()
      ) {
        // The next look comes in a second; until then nothing would be found out but that it is away.
        if (timeseries.outage?.()) return;
        const version = catalogue.version;
        await ledger.recompute(catalogue.changedSince(done), version);
      }
    } catch (error) {
      log.error({ err: error }, 'ledger: recomputation not marked');
    }
  }
}
