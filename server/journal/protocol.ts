import type { Reject } from '../domain/reading.ts';
import type { DirtyMonth, MonthOutcome } from './outcome.ts';

/** What the journal's thread is asked to do; each request is one transaction with a full sync. */
export type Request =
  | {
      do: 'append';
      receivedAt: number;
      source: number;
      n: number;
      batch: Uint8Array | null;
      rejects: Reject[];
    }
  | {
      do: 'release';
      id: number;
      receivedAt: number;
      source: number;
      n: number;
      batch: Uint8Array | null;
      rejects: Reject[];
    }
  | { do: 'decide'; to: number; decision: Uint8Array; dirty: readonly DirtyMonth[] }
  | { do: 'settle'; to: number; duplicates: number; conflicts: Reject[] }
  | { do: 'dirty'; months: readonly DirtyMonth[]; catalogue?: number }
  | { do: 'clean'; months: readonly [meter: number, month: number][]; outcome: MonthOutcome }
  | { do: 'close' };

export interface Ask {
  id: number;
  request: Request;
}

export interface Answer {
  id: number;
  /** Sequence of the appended row, 0 where the request appends none. */
  seq: number;
  /** Size of the database file in bytes after the commit. */
  bytes: number;
  error: string | null;
}

export interface WorkerSettings {
  file: string;
  /** Above this size of the file appends are refused: the disk is for acknowledged readings. */
  maxBytes: number;
  /** Quarantined items kept with their payload; beyond it the oldest of whoever has most go, their count stays. */
  maxQuarantine: number;
  /** Bytes of their payloads, likewise: large ones must not take the journal's room. */
  maxQuarantineBytes: number;
  /** Revisions kept; beyond it the oldest go. */
  maxRevisions: number;
}
