import { type Epoch, epochAt, type Meter } from './meter.ts';

/** What cannot be written down about a meter's devices: the field at fault, as the API spells it, and why. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** The end of one epoch and the start of the next. What is left out is as it was before the exchange. */
export interface ExchangeInput {
  /** epoch ms */
  at: number;
  /** Register of the old device and of the new one; null or left out: nobody wrote it down. */
  final?: number | null | undefined;
  initial?: number | null | undefined;
  multiplier?: number | undefined;
  /** null: not known of the new device. */
  rolloverAt?: number | null | undefined;
  /** In the meter's unit per hour; null: not known of the new device. */
  maxRate?: number | null | undefined;
  /** The device stays and its register goes on. */
  continues?: boolean | undefined;
  note?: string | null | undefined;
  recordedBy: string | null;
  /** epoch ms */
  recordedAt: number | null;
}

/**
 * The meter with an exchange more; the epoch that it cuts keeps who recorded it.
 * @throws ExchangeError
 */
export function withExchange(meter: Meter, input: ExchangeInput): Meter {
  const { at } = input;
  if (!Number.isSafeInteger(at)) throw new ExchangeError('at', 'is not a time');
  const cut = epochAt(meter, at);
  if (!cut) throw new ExchangeError('at', 'is before the meter was there');
  const place = meter.epochs.indexOf(cut);
  if (cut.from === at) {
    throw new ExchangeError('at', place === 0 ? 'is where the meter begins' : 'has an exchange already');
  }
  const registers = registersAt(meter, input);
  const before: Epoch = { ...cut, to: at, final: registers.final };
  const after: Epoch = {
    from: at,
    to: cut.to,
    initial: registers.initial,
    final: cut.final,
    multiplier: positive('multiplier', input.multiplier ?? cut.multiplier),
    rolloverAt: input.rolloverAt === undefined ? cut.rolloverAt : positive('rollover_at', input.rolloverAt),
    maxRate: input.maxRate === undefined ? cut.maxRate : ceilingOf(meter, input.maxRate),
    continues: input.continues ?? false,
    note: noteOf(input.note),
    recordedBy: input.recordedBy,
    recordedAt: input.recordedAt,
  };
  shown('final', before.final, before.rolloverAt);
  shown('initial', after.initial, after.rolloverAt);
  if (after.final !== null && after.rolloverAt !== null && after.final >= after.rolloverAt) {
    throw new ExchangeError('rollover_at', `the next exchange has ${after.final} as the final register`);
  }
  return { ...meter, epochs: meter.epochs.toSpliced(place, 1, before, after) };
}

/**
 * The meter without the exchange at an instant, epoch ms: the device before it goes on as it was.
 * @throws ExchangeError
 */
export function withoutExchange(meter: Meter, at: number): Meter {
  const place = meter.epochs.findIndex((e, i) => i > 0 && e.from === at);
  if (place < 0) throw new ExchangeError('at', 'has no exchange');
  const before = meter.epochs[place - 1] as Epoch;
  const after = meter.epochs[place] as Epoch;
  shown('at', after.final, before.rolloverAt);
  const joined: Epoch = { ...before, to: after.to, final: after.final };
  return { ...meter, epochs: meter.epochs.toSpliced(place - 1, 2, joined) };
}

/**
 * The meter with another ceiling in the epoch that begins at `from`, epoch ms or null as the epoch has it.
 * @param maxRate in the meter's unit per hour; null: not known
 * @throws ExchangeError
 */
export function withCeiling(meter: Meter, from: number | null, maxRate: number | null): Meter {
  const place = meter.epochs.findIndex((e) => e.from === from);
  const epoch = meter.epochs[place];
  if (!epoch) throw new ExchangeError('from', 'is not where an epoch begins');
  return { ...meter, epochs: meter.epochs.with(place, { ...epoch, maxRate: ceilingOf(meter, maxRate) }) };
}

/** A register that goes on shows one value at the exchange: who writes down one of them, writes down both. */
function registersAt(meter: Meter, input: ExchangeInput): { final: number | null; initial: number | null } {
  const final = registerOf(meter, 'final', input.final);
  const initial = registerOf(meter, 'initial', input.initial);
  if (!input.continues) return { final, initial };
  if (final !== null && initial !== null && final !== initial) {
    throw new ExchangeError('initial', 'must be the same as final, or left out: the register goes on');
  }
  return { final: final ?? initial, initial: final ?? initial };
}

function registerOf(meter: Meter, path: string, value: number | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (meter.register !== 'cumulative') {
    throw new ExchangeError(path, `only a cumulative register has one, this one is ${meter.register}`);
  }
  if (!(value >= 0 && Number.isFinite(value))) throw new ExchangeError(path, 'must not be negative');
  // −0 is 0.
  return value + 0;
}

function positive<T extends number | null>(path: string, value: T): T {
  if (value === null || (value > 0 && Number.isFinite(value))) return value;
  throw new ExchangeError(path, 'must be greater than 0');
}

function ceilingOf(meter: Meter, maxRate: number | null): number | null {
  if (maxRate === null && meter.volatile) {
    throw new ExchangeError(
      'max_rate',
      'a volatile counter needs one: it alone tells a restart from an error',
    );
  }
  return positive('max_rate', maxRate);
}

/** As the estate file takes it back. */
function noteOf(note: string | null | undefined): string | null {
  const text = note?.trim() ?? '';
  if (/[\p{Cc}\p{Cs}]/u.test(text)) throw new ExchangeError('note', 'must not contain control characters');
  if (text.length > 500) throw new ExchangeError('note', 'must have at most 500 characters');
  return text === '' ? null : text;
}

function shown(path: string, register: number | null, rolloverAt: number | null): void {
  if (register === null || rolloverAt === null || register < rolloverAt) return;
  throw new ExchangeError(
    path,
    `${register} is never shown by a register that returns to 0 at ${rolloverAt}`,
  );
}
