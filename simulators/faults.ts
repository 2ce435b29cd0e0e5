import { chance, keyOf } from './model/noise.ts';

/** What goes wrong at one gateway when one of its reports falls due. */
export interface Fault {
  /** The connection is lost for that many reports. */
  outage: number;
  /** The packet goes out twice. */
  repeat: boolean;
  /** One reading is held back for that many reports. */
  late: number;
  /** A packet is cut off in the middle. */
  broken: boolean;
  /** The clock is that far ahead, ms. */
  ahead_ms: number;
}

export const NO_FAULT: Fault = { outage: 0, repeat: false, late: 0, broken: false, ahead_ms: 0 };

/** The clock is wrong for runs of so many reports. */
const AHEAD_RUN = 20;

/** The faults of a gateway's n-th report, the same for the same seed. */
export function faultAt(seed: number, gateway: string, report: number): Fault {
  const key = keyOf(gateway);
  const roll = (kind: number, n = report): number => chance(seed + kind, key, n);
  const run = Math.floor(report / AHEAD_RUN);
  return {
    outage: roll(11) < 0.004 ? 10 + Math.floor(roll(12) * 50) : 0,
    repeat: roll(13) < 0.04,
    late: roll(14) < 0.05 ? 3 + Math.floor(roll(15) * 60) : 0,
    broken: roll(16) < 0.015,
    // Above the ten minutes that the server allows a clock.
    ahead_ms: roll(17, run) < 0.03 ? Math.round(15 + roll(18, run) * 45) * 60_000 : 0,
  };
}
