import type { Exchange } from '../model/model.ts';

/**
 * Devices of the demo estate that were replaced and nobody wrote it down: one register fell, and one went up,
 * since its place was taken by a device that had served elsewhere. At dates of the calendar, not so many days
 * ago: a history that is continued tomorrow must show the same.
 */
export const EXCHANGES: Readonly<Record<string, readonly Exchange[]>> = {
  'gov-f5-light': [{ at: Date.parse('2026-10-16T10:20:00+08:00'), initial: 0 }],
  'cul-lift': [{ at: Date.parse('2026-10-22T14:10:00+08:00'), initial: 734_120 }],
};

/** Meters whose highest rate nobody wrote down: the server learns it from their history. */
export const NO_CEILING: ReadonlySet<string> = new Set(['cul-lift']);
