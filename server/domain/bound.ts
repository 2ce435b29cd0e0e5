import { MICRO, type Register, stepMicro } from './advance.ts';
import { HOUR_MS } from './time.ts';

/** What was learned, and over which time at least a rate is reckoned. */
export interface Bound {
  /** Quantity per hour. */
  rate: number;
  /** A register moves in steps of its resolution: its expected interval, ms. */
  floorMs: number;
}

/** Whether the advance from one reading to a later one, in micro, is more than the bound allows. */
export function exceeds(
  bound: Bound,
  register: Register,
  a: { time: number; value: number },
  b: { time: number; value: number },
  micro: number,
): boolean {
  const most = bound.rate * MICRO * (Math.max(b.time - a.time, bound.floorMs) / HOUR_MS);
  return micro > most && micro > most + stepMicro(register, a.value, b.value);
}
