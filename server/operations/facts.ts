import type { Reason } from '../domain/reading.ts';
import type { IntakeCounts, IntakeStatus } from '../intake/intake.ts';
import type { AccountNumbers, Journal } from '../journal/journal.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { EngineInfo } from '../timeseries/port.ts';

/** The rooms as those see them who watch over the server. */
export interface Sources {
  version: string;
  engine: EngineInfo;
  journal: Pick<
    Journal,
    | 'account'
    | 'oldestPending'
    | 'quarantineCounts'
    | 'recomputing'
    | 'bytes'
    | 'limitBytes'
    | 'failure'
    | 'onGroup'
  >;
  ledger: Pick<Ledger, 'error' | 'handedOver' | 'onRecomputed'>;
  catalogueVersion: () => number;
  intake: () => IntakeStatus;
  intakeCounts: () => IntakeCounts;
  /** The clock, epoch ms. */
  now: () => number;
}

/** Live clients, as the HTTP side has them. */
export interface LiveClients {
  clients: number;
  limit: number;
  dropped: number;
}

/** Everything about the running server at one instant. */
export interface Facts {
  /** epoch ms */
  at: number;
  /** Since the beginning of the data; what the health page shows. */
  account: AccountNumbers;
  quarantine: readonly { reason: Reason; count: number }[];
  /** Age of what has waited longest in the journal, s; null when nothing waits. */
  lagS: number | null;
  journal: { bytes: number; limitBytes: number; failure: string | null };
  /** Months of meters that wait to be computed again. */
  monthsWaiting: number;
  ledgerError: string | null;
  handedOver: { stored: number; duplicate: number; conflict: number; refused: number };
  intake: IntakeStatus;
  counts: IntakeCounts;
  catalogueVersion: number;
  live: LiveClients;
}

/** Reads memory and a few rows of the journal; the time series is not asked. */
export function readFacts(of: Sources, live: LiveClients): Facts {
  const at = of.now();
  const { journal, ledger } = of;
  const oldest = journal.oldestPending();
  return {
    at,
    account: journal.account(),
    quarantine: journal.quarantineCounts(),
    lagS: oldest === null ? null : Math.max(0, (at - oldest) / 1000),
    journal: { bytes: journal.bytes, limitBytes: journal.limitBytes, failure: journal.failure },
    monthsWaiting: journal.recomputing(),
    ledgerError: ledger.error,
    handedOver: { ...ledger.handedOver },
    intake: of.intake(),
    counts: of.intakeCounts(),
    catalogueVersion: of.catalogueVersion(),
    live,
  };
}
