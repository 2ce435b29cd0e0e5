import { isDeepStrictEqual } from 'node:util';
import type { Estate } from '../domain/estate.ts';
import type { LearnedCeiling } from '../domain/meter.ts';
import type { LogChange } from './changes.ts';
import type { Database } from './database.ts';

/** What was learned of a meter. */
export interface LearnedOf {
  /** Id of the meter. */
  meter: string;
  ceiling: LearnedCeiling;
}

/** The learned ceilings by the meter's number. */
export function readCeilings(db: Database): Map<number, LearnedCeiling> {
  const rows = db.prepare('SELECT meter, rate, learned_at, from_ms, to_ms, steps FROM learned_ceiling').all();
  return new Map(
    rows.map((row) => [
      row.meter as number,
      {
        rate: row.rate as number,
        learnedAt: row.learned_at as number,
        from: row.from_ms as number,
        to: row.to_ms as number,
        steps: row.steps as number,
      },
    ]),
  );
}

/** Writes down those that differ from what is known. Only another rate changes what is believed. */
export function writeCeilings(
  db: Database,
  estate: Estate,
  learned: readonly LearnedOf[],
  log: LogChange,
): void {
  const put = db.prepare(
    `INSERT INTO learned_ceiling (meter, rate, learned_at, from_ms, to_ms, steps) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (meter) DO UPDATE SET rate = excluded.rate, learned_at = excluded.learned_at,
       from_ms = excluded.from_ms, to_ms = excluded.to_ms, steps = excluded.steps`,
  );
  for (const { meter: id, ceiling } of learned) {
    const meter = estate.meter(id);
    if (!meter) throw new RangeError(`no meter ${JSON.stringify(id)}`);
    const before = meter.learned;
    if (isDeepStrictEqual(before, ceiling)) continue;
    put.run(meter.no, ceiling.rate, ceiling.learnedAt, ceiling.from, ceiling.to, ceiling.steps);
    log({ kind: 'ceiling', id, before, after: ceiling, recompute: before?.rate !== ceiling.rate });
  }
}
