import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import { AHEAD_LIMIT_MS, FLAG, type Reading, type Reason, type Reject } from '../domain/reading.ts';
import { parseTime } from '../domain/time.ts';
import type { Part } from './part.ts';

/**
 * A clock before that day has never been set: devices start at 1970 or 2000 until they have reached a time server or
 * after their battery has died, and a register that is known from such a time on has decades of hours to fill. Buildings whose
 * recordings of the 2000s are replayed over MQTT are none of that.
 */
const CLOCK_SET_SINCE = Date.UTC(2001, 0, 1);

export function isClockSet(at: number): boolean {
  return at >= CLOCK_SET_SINCE;
}

/** What a reading is checked against. */
export interface CheckContext {
  estate: Estate;
  /** The server's clock, epoch ms. */
  now: number;
  /** Which share of the fleet this intake takes, where several divide it. */
  part?: Part | null;
}

/** Why one value is no reading; `field` names what is wrong with it. */
export class Fault {
  readonly reason: Reason;
  readonly field: 'meter' | 'time' | 'value' | 'unit' | 'address' | '';
  readonly message: string;

  constructor(reason: Reason, field: Fault['field'], message: string) {
    this.reason = reason;
    this.field = field;
    this.message = message;
  }
}

/**
 * The checks that every reading passes, whether it came by MQTT, from a file or out of quarantine.
 * @param time as the contract allows it; undefined or null: the device sent none, arrival counts
 * @param value number or numeric string, as the register shows it, in the meter's unit
 * @param arrival epoch ms
 */
export function readingFrom(
  meterId: string,
  time: unknown,
  value: unknown,
  arrival: number,
  context: CheckContext,
  flags = 0,
): Reading | Fault {
  const meter = context.estate.meter(meterId);
  if (!meter) return new Fault('unknown_meter', 'meter', `${show(meterId)} is not in the estate`);
  return readingOf(meter, time, value, arrival, context, flags);
}

/** As `readingFrom`, for a meter that has been found already. */
export function readingOf(
  meter: Meter,
  time: unknown,
  value: unknown,
  arrival: number,
  context: CheckContext,
  flags = 0,
): Reading | Fault {
  let at: number | null;
  if (time === undefined || time === null) {
    at = arrival;
    flags |= FLAG.arrivalTime;
  } else {
    at = parseTime(time, context.estate.zone);
    if (at === null) return new Fault('time_invalid', 'time', `${show(time)} is not a time`);
    // What a person has put into a file is meant.
    if (!isClockSet(at) && (flags & FLAG.imported) === 0) {
      return new Fault('time_invalid', 'time', clockNotSet(time));
    }
    if (at > context.now + AHEAD_LIMIT_MS) {
      return new Fault(
        'time_ahead',
        'time',
        `${show(time)} is more than 10 minutes ahead of the server's clock`,
      );
    }
  }
  const from = meter.epochs[0]?.from ?? null;
  if (from !== null && at < from) {
    const since = context.estate.zone.iso(from);
    return new Fault(
      'before_epoch',
      'time',
      `${context.estate.zone.iso(at)} is before the meter's first epoch, ${since}`,
    );
  }
  const number = typeof value === 'number' ? value : numeric(value);
  if (!Number.isFinite(number)) {
    return new Fault(
      'value_invalid',
      'value',
      value === undefined ? 'missing' : `${show(value)} is not a finite number`,
    );
  }
  if (number < 0 && (meter.register === 'cumulative' || meter.register === 'interval')) {
    return new Fault(
      'value_negative',
      'value',
      `${number} is negative, which a ${meter.register} register cannot show`,
    );
  }
  return { meter: meter.no, time: at, value: number + 0, flags };
}

export function clockNotSet(time: unknown): string {
  return `${show(time)} was sent by a device whose clock is not set`;
}

/**
 * The number that a text spells in plain or exponent notation; NaN for anything else, so for '', '1,234',
 * '0x10' and 'Infinity', which `Number()` alone would take or turn into 0.
 */
export function numeric(value: unknown): number {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string') return Number.NaN;
  const text = value.trim();
  if (text === '') return Number.NaN;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    const digit = c >= 48 && c <= 57;
    // . e E + -
    if (!digit && c !== 46 && c !== 101 && c !== 69 && c !== 43 && c !== 45) return Number.NaN;
  }
  return Number(text);
}

/** One reading as it lies in quarantine: what `Reject.payload` of kind `reading` holds, as JSON. */
export interface Held {
  meter: string;
  time?: unknown;
  value?: unknown;
  /** Unit of `value` where it is not known to be the meter's. */
  unit?: string;
  /** `meter` is a device address of a payload profile rather than a meter's id. */
  byAddress?: true;
  /** Bits of `FLAG` known before the check, e.g. that it came from a file. */
  flags?: number;
}

/**
 * A reading that failed its check, for quarantine.
 * @param place where it stood in the packet or file, e.g. `readings[3]`; '' when it was alone
 * @param zone context for reading its time, so that quarantine can be sorted by it
 */
export function rejectReading(
  fault: Fault,
  held: Held,
  place: string,
  source: string,
  arrival: number,
  context: CheckContext,
): Reject {
  const at =
    held.time === undefined || held.time === null ? arrival : parseTime(held.time, context.estate.zone);
  const number = numeric(held.value);
  const where = place && fault.field ? `${place}.${fault.field}` : place || fault.field;
  return {
    reason: fault.reason,
    detail: where ? `${where}: ${fault.message}` : fault.message,
    source,
    kind: 'reading',
    payload: Buffer.from(encode(held)),
    meter: held.meter === '' ? null : held.meter.slice(0, NAME_LIMIT),
    time: at,
    value: Number.isFinite(number) ? number : null,
    receivedAt: arrival,
  };
}

/** A whole packet for quarantine; `payload` is copied, since the network's buffer is used again. */
export function rejectPacket(
  reason: Reason,
  detail: string,
  source: string,
  payload: Uint8Array,
  arrival: number,
): Reject {
  return {
    reason,
    detail,
    source,
    kind: 'packet',
    payload: Buffer.from(payload),
    meter: null,
    time: null,
    value: null,
    receivedAt: arrival,
  };
}

/** Longest meter name or address that is taken or repeated; ids have at most 64 characters. */
export const NAME_LIMIT = 256;

/** A value as it is shown in a sentence: JSON, at most 60 characters. */
export function show(value: unknown): string {
  if (typeof value === 'string' && value.length > 60) return `${JSON.stringify(value.slice(0, 59))}…`;
  const text = encode(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

/** JSON, also of values nested so deep that JSON.stringify, which recurses, gives up on them. */
function encode(value: unknown): string {
  try {
    return JSON.stringify(value) ?? 'nothing';
  } catch {
    if (typeof value !== 'object' || value === null || !('meter' in value)) return '"a deeply nested value"';
    return JSON.stringify({ meter: value.meter, value: 'a deeply nested value' });
  }
}
