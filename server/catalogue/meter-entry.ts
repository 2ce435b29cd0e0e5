import { isDeepStrictEqual } from 'node:util';
import type { Epoch, Meter } from '../domain/meter.ts';

/** A meter as people describe it; its `no`, and what was learned or stated about it, is the catalogue's. */
export type MeterEntry = Omit<Meter, 'no' | 'learned' | 'manual' | 'estimates'>;

/** The meter as its description says it. */
export function entryOf(meter: Meter): MeterEntry {
  const { no: _no, learned: _learned, manual: _manual, estimates: _estimates, ...entry } = meter;
  return entry;
}

/** Whether two descriptions say the same, whoever recorded it. */
export function sameEntry(a: MeterEntry, b: MeterEntry): boolean {
  const said = (m: MeterEntry): MeterEntry => ({ ...m, epochs: m.epochs.map(unsigned) });
  return isDeepStrictEqual(said(a), said(b));
}

/** Whether consumption is another one with the second description than with the first. */
export function differsInConsumption(before: MeterEntry, after: MeterEntry): boolean {
  const ground = (m: MeterEntry): unknown => [
    m.register,
    m.intervalS,
    m.intervalLabel,
    m.volatile,
    m.epochs.map((e) => ({ ...unsigned(e), note: null })),
  ];
  return !isDeepStrictEqual(ground(before), ground(after));
}

/**
 * Epochs that were there before keep who recorded them; others get `by` and `at`. What a meter begins with
 * came with the meter.
 */
export function signed(
  before: MeterEntry | undefined,
  after: MeterEntry,
  by: string,
  at: number,
): MeterEntry {
  if (!before) {
    const [first, ...exchanges] = after.epochs as [Epoch, ...Epoch[]];
    return { ...after, epochs: [first, ...exchanges.map((e) => ({ ...e, recordedBy: by, recordedAt: at }))] };
  }
  // An exchange is written down with the epoch that it begins, the last register of the old device included.
  const content = (m: MeterEntry, i: number): unknown => {
    return { ...unsigned(m.epochs[i] as Epoch), to: null, final: m.epochs[i - 1]?.final ?? null };
  };
  const epochs = after.epochs.map((e, i) => {
    const known = before.epochs.findIndex((b) => b.from === e.from);
    const kept = known >= 0 && isDeepStrictEqual(content(before, known), content(after, i));
    const { recordedBy, recordedAt } = kept
      ? (before.epochs[known] as Epoch)
      : { recordedBy: by, recordedAt: at };
    return { ...e, recordedBy, recordedAt };
  });
  return { ...after, epochs };
}

function unsigned(epoch: Epoch): Epoch {
  return { ...epoch, recordedBy: null, recordedAt: null };
}
