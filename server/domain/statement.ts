import { MICRO, PLAUSIBLE_MICRO } from './advance.ts';
import { type Estimate, epochAt, type ManualReading, type Meter } from './meter.ts';

/** What cannot be stated about a meter: the field at fault, as the API spells it, and why. */
export class StatementError extends Error {
  override readonly name = 'StatementError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** A register read by eye, as a person enters it; times are epoch ms. */
export type ManualInput = Pick<ManualReading, 'time' | 'value' | 'reason' | 'recordedBy'>;
/** What a person says was used in [from, to), epoch ms, in the meter's unit after the multiplier. */
export type EstimateInput = Pick<Estimate, 'from' | 'to' | 'quantity' | 'reason' | 'recordedBy'>;

/**
 * The meter with a register that was read by eye.
 * @param now the clock, epoch ms
 * @param no of the statement; 0 as long as it was not written down
 * @throws StatementError
 */
export function withManual(meter: Meter, input: ManualInput, now: number, no = 0): Meter {
  if (meter.register !== 'cumulative') {
    throw new StatementError(
      'value',
      `only a cumulative register is read by eye, this one is ${meter.register}`,
    );
  }
  past('time', input.time, now);
  const epoch = epochAt(meter, input.time);
  if (!epoch) throw new StatementError('time', 'is before the meter was there');
  const value = amount('value', input.value, PLAUSIBLE_MICRO / MICRO / epoch.multiplier);
  if (epoch.rolloverAt !== null && value >= epoch.rolloverAt) {
    throw new StatementError('value', `the register returns to 0 at ${epoch.rolloverAt}`);
  }
  const same = meter.manual.find((m) => m.time === input.time);
  if (same) throw new StatementError('time', `has a reading by eye already: ${same.value}`);
  const stated: ManualReading = { ...stateOf(input, now, no), time: input.time, value };
  return { ...meter, manual: [...meter.manual, stated].sort((a, b) => a.time - b.time) };
}

/**
 * The meter with an estimate more.
 * @param now the clock, epoch ms
 * @param no of the statement; 0 as long as it was not written down
 * @throws StatementError
 */
export function withEstimate(meter: Meter, input: EstimateInput, now: number, no = 0): Meter {
  if (meter.register === 'gauge') {
    throw new StatementError('quantity', 'a gauge is averaged, never summed: it has no quantity');
  }
  const { from, to } = input;
  past('from', from, now);
  past('to', to, now);
  if (from >= to) throw new StatementError('to', 'must be after from');
  const quantity = amount('quantity', input.quantity, PLAUSIBLE_MICRO / MICRO);
  const other = meter.estimates.find((e) => e.from < to && from < e.to);
  if (other) throw new StatementError('from', `overlaps an estimate of ${other.quantity} ${meter.unit}`);
  const stated: Estimate = { ...stateOf(input, now, no), from, to, quantity };
  return { ...meter, estimates: [...meter.estimates, stated].sort((a, b) => a.from - b.from) };
}

/**
 * The meter without what was stated under a number.
 * @throws StatementError where nothing in force has it
 */
export function withoutStatement(meter: Meter, no: number): Meter {
  const manual = meter.manual.filter((m) => m.no !== no);
  const estimates = meter.estimates.filter((e) => e.no !== no);
  if (manual.length + estimates.length === meter.manual.length + meter.estimates.length) {
    throw new StatementError('no', `nothing that is in force was stated of this meter under ${no}`);
  }
  return { ...meter, manual, estimates };
}

function stateOf(
  input: { reason: string; recordedBy: string },
  now: number,
  no: number,
): Pick<ManualReading, 'no' | 'reason' | 'recordedBy' | 'recordedAt'> {
  const [reason, recordedBy] = [input.reason.trim(), input.recordedBy.trim()];
  if (reason === '') throw new StatementError('reason', 'must not be empty');
  if (recordedBy === '') throw new StatementError('recorded_by', 'must not be empty');
  return { no, reason, recordedBy, recordedAt: now };
}

function past(path: string, time: number, now: number): void {
  if (!Number.isSafeInteger(time)) throw new StatementError(path, 'is not a time');
  if (time > now) throw new StatementError(path, 'is in the future');
}

function amount(path: string, value: number, most: number): number {
  if (!(value >= 0)) throw new StatementError(path, 'must not be negative');
  if (value > most) throw new StatementError(path, 'is more than a meter can count');
  // −0 is 0.
  return value + 0;
}
