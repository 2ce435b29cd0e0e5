import type { Facts } from '../../server/operations/facts.ts';

/** A server at rest, with 79 of the 100 bytes of its journal in use. */
export const FACTS: Facts = {
  at: 0,
  account: { received: 0, stored: 0, duplicate: 0, quarantined: 0, pending: 0 },
  quarantine: [],
  lagS: null,
  journal: { bytes: 79, limitBytes: 100, failure: null },
  monthsWaiting: 0,
  ledgerError: null,
  handedOver: { stored: 0, duplicate: 0, conflict: 0, refused: 0 },
  intake: {
    mode: 'embedded',
    address: null,
    clients: 0,
    readingsPerS: 0,
    lastReadingAt: null,
    error: null,
    broker: null,
    warnings: [],
  },
  counts: { packets: 0, bytes: 0, oversize: 0, refused: 0, dropped: 0 },
  catalogueVersion: 1,
  live: { clients: 0, limit: 1, dropped: 0 },
};
