/** The believed readings on both sides of an instant. */
import { isBelieved } from '../../../../server/domain/judgement.ts';
import type { ReadingRow } from '../../../../server/http/schemas/readings.ts';

type Row = Pick<ReadingRow, 'time' | 'value' | 'verdict'>;

export interface Beside {
  previous: { time: string; value: number } | null;
  next: { time: string; value: number } | null;
}

/** @param at epoch ms; null: none is told */
export function besideOf(rows: readonly Row[], at: number | null): Beside {
  if (at === null) return { previous: null, next: null };
  const believed = rows.filter((r) => isBelieved(r.verdict));
  return {
    previous: believed.findLast((r) => Date.parse(r.time) < at) ?? null,
    next: believed.find((r) => Date.parse(r.time) >= at) ?? null,
  };
}
