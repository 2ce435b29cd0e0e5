import type { Reading, Reject } from '../domain/reading.ts';

/** Where intake puts what it took; the journal implements it. */
export interface Sink {
  /**
   * Puts the readings and rejects of one packet on disk, all or none.
   * @returns a promise that settles after the commit with a full sync; only then may the sender be told. Packets
   * of one commit may share one promise. It is rejected when the store is down: the sender must not be
   * acknowledged.
   */
  append(readings: readonly Reading[], rejects: readonly Reject[]): Promise<unknown>;
}
