import { advanceMicro, MICRO } from '../domain/advance.ts';
import type { Estate } from '../domain/estate.ts';
import { followsPlainly } from '../domain/evidence.ts';
import { epochAt, type Meter } from '../domain/meter.ts';
import type { Reading } from '../domain/reading.ts';
import { boundOf, type Point, registerOf } from '../domain/register.ts';
import { HOUR_MS } from '../domain/time.ts';
import type { Newest } from './classify.ts';

/** A reading that was stored, with what the register advanced since the one before. */
export interface Stored {
  meter: Meter;
  reading: Reading;
  /** Quantity in the meter's unit; null when there was no reading before it or no advance. */
  advance: number | null;
  /** What that is per hour, over a quarter of an hour where the readings reach so far; null when unknown. */
  rate: number | null;
}

/** The newest readings of a hand-over, as live clients see them. */
export function storedOf(newest: readonly Newest[], estate: Estate): Stored[] {
  return newest.flatMap(({ reading, previous, basis }): Stored[] => {
    const meter = estate.meterByNo(reading.meter);
    if (!meter) return [];
    return [
      { meter, reading, advance: advanceOf(meter, previous, reading), rate: rateOf(meter, basis, reading) },
    ];
  });
}

function advanceOf(
  meter: Meter,
  previous: { time: number; value: number } | null,
  reading: Reading,
): number | null {
  if (meter.register !== 'cumulative' || !previous) return null;
  const epoch = epochAt(meter, reading.time);
  if (!epoch || epoch !== epochAt(meter, previous.time)) return null;
  const register = registerOf(meter, epoch);
  // A step that may be no consumption is not shown as one before the next reading tells.
  if (!followsPlainly(register, epoch.maxRate === null ? boundOf(meter) : null, previous, reading))
    return null;
  const micro = advanceMicro(register, previous.value, reading.value, reading.time - previous.time);
  return micro === null ? null : micro / MICRO;
}

function rateOf(meter: Meter, basis: Point | null, reading: Reading): number | null {
  if (meter.register === 'power') return reading.value * (epochAt(meter, reading.time)?.multiplier ?? 1);
  const advance = advanceOf(meter, basis, reading);
  return advance === null || !basis ? null : (advance * HOUR_MS) / (reading.time - basis.time);
}
