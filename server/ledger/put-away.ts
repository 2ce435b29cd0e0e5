import type { Estate } from '../domain/estate.ts';
import type { Reading, Reject } from '../domain/reading.ts';
import type { Journal } from '../journal/journal.ts';
import { type RefusedReadings, StoreUnavailable } from '../timeseries/port.ts';
import { type Decided, decodeDecision, encodeDecision } from './classify.ts';

/** What leaves the journal for quarantine instead of the time series. */

/**
 * So many refused readings are kept aside; beyond it they wait in the journal. A server that refuses everything
 * must not fill quarantine, which forgets its oldest items.
 */
const MOST_REFUSED = 10_000;

/** Readings with the instant of another one and a different value. */
export function conflictsOf(readings: readonly Reading[], decided: Decided, estate: Estate): Reject[] {
  return decided.conflicts.map(([index, inForce]) => {
    const r = readings[index] as Reading;
    return reject(
      'conflict',
      r,
      estate,
      (place) => `${place}: ${r.value} differs from ${inForce}, which is in force`,
    );
  });
}

/** Readings that the time series does not take. */
export function refusedOf(readings: readonly Reading[], decided: Decided, estate: Estate): Reject[] {
  return (decided.refused ?? []).map(([index, why]) => {
    const r = readings[index] as Reading;
    return reject('store_refused', r, estate, (place) => `${place}: ${r.value} is not stored: ${why}`);
  });
}

/**
 * Adds what was refused to the decision that is being carried out.
 * @throws StoreUnavailable when too much is refused for it to be the readings' fault
 */
export async function putAwayRefused(journal: Journal, error: RefusedReadings): Promise<void> {
  const { seq, decided } = journal.cursor();
  if (!decided) throw error;
  const held = journal.quarantineCounts().find((c) => c.reason === 'store_refused')?.count ?? 0;
  if (held + error.refused.length > MOST_REFUSED) {
    throw new StoreUnavailable(
      `${error.message}; ${held} such readings are in quarantine, so no more are put away: mend the server, then retry them`,
    );
  }
  const was = decodeDecision(decided.decision);
  const settled = new Set([...was.duplicates, ...was.conflicts.map(([index]) => index)]);
  const why = new Map(error.refused.map((r) => [key(r.reading), r.why]));
  const readings = journal.entries(seq, Number.MAX_SAFE_INTEGER, decided.to).flatMap((e) => e.readings);
  const refused = was.refused ?? [];
  readings.forEach((r, index) => {
    const said = why.get(key(r));
    if (said !== undefined && !settled.has(index)) refused.push([index, said.slice(0, 500)]);
  });
  await journal.decide(decided.to, encodeDecision({ ...was, refused }), []);
}

function key(r: Reading): string {
  return `${r.meter} ${r.time}`;
}

function reject(
  reason: 'conflict' | 'store_refused',
  r: Reading,
  estate: Estate,
  detail: (place: string) => string,
): Reject {
  const id = estate.meterByNo(r.meter)?.id ?? String(r.meter);
  const time = estate.zone.iso(r.time);
  return {
    reason,
    detail: detail(`meter ${id} at ${time}`),
    source: 'ledger',
    kind: 'reading',
    payload: Buffer.from(JSON.stringify({ meter: id, time, value: r.value })),
    meter: id,
    time: r.time,
    value: r.value,
    receivedAt: Date.now(),
  };
}
