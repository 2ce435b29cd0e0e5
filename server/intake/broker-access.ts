import type { Estate } from '../domain/estate.ts';
import type { Reading, Reject } from '../domain/reading.ts';
import { Fault, rejectReading } from './checks.ts';
import type { DecodeContext } from './decode.ts';
import type { Decoded } from './packet.ts';
import { meterAt } from './profiles/apply.ts';

/** Somebody who wants to become a client of the embedded broker. */
export interface Caller {
  username: string | undefined;
  password: Uint8Array | undefined;
  clientId: string;
  /** Address. */
  from: string;
  /** Name in a client certificate that an authority of ours signed; null: it showed none. */
  certificate: string | null;
  /** Topic of its will; null: it has none. */
  will: string | null;
}

/** What a client that has a name may do. */
export interface Rights {
  readonly name: string;
  mayPublish(topic: string): boolean;
  /** Whether every reading of this topic is its own, so that none has to be looked at. */
  ownsAll(topic: string): boolean;
  /** By `Meter.no`. */
  mayReport(meter: number, estate: Estate): boolean;
}

/** Return codes of a CONNACK: another client id is wanted, name or secret are wrong, not allowed. */
export type Refusal = { code: 2 | 4 | 5; why: string };

/** Decides who may come in and what they may do. Asked in the way of packets: it never waits for a store. */
export interface Doorkeeper {
  /** Rights null: without a name, and everything allowed. */
  admit(caller: Caller): { rights: Rights | null } | Refusal;
  /** Whether somebody who came in may still be there. */
  holds(rights: Rights): boolean;
  /** Calls the listener when `holds` may have changed. @returns the way to stop it */
  onChange(listener: () => void): () => void;
  /** A client did what it may not; told once in a while, with a count. */
  trespassed(rights: Rights, from: string, what: string): void;
  /** Somebody did not come as far as a name, such as by a certificate that is not good. */
  turnedAway(from: string, why: string): void;
  left(rights: Rights, from: string): void;
}

/** Of a client whose credential holds no more: what it sent before it is cut off, its will above all, is nobody's. */
export const NO_RIGHTS: Rights = {
  name: '',
  mayPublish: () => false,
  ownsAll: () => false,
  mayReport: () => false,
};

/**
 * Puts readings for meters that a device may not report for into quarantine, where a person can release them.
 * What was rejected for another reason goes with them: a reading ahead of time would be taken in by itself.
 */
export function restrict(decoded: Decoded, rights: Rights, topic: string, context: DecodeContext): Decoded {
  const { estate } = context;
  const isForeignReject = (reject: Reject): boolean => {
    if (reject.kind !== 'reading' || reject.meter === null) return false;
    // By address for a profile, else by id; where either is another's meter, it is not for this device.
    const named = [meterAt(estate, reject.meter), estate.meter(reject.meter)];
    return named.some((meter) => meter !== undefined && !rights.mayReport(meter.no, estate));
  };
  const foreign = decoded.readings.some((r) => !rights.mayReport(r.meter, estate));
  if (!foreign && !decoded.rejects.some(isForeignReject)) return decoded;
  const own: Reading[] = [];
  const rejects = decoded.rejects.map((reject): Reject => {
    if (!isForeignReject(reject)) return reject;
    return { ...reject, reason: 'not_allowed', detail: notFor(rights, reject.meter as string) };
  });
  for (const reading of decoded.readings) {
    if (rights.mayReport(reading.meter, estate)) own.push(reading);
    else rejects.push(foreignReading(reading, rights, topic, context));
  }
  return { ...decoded, readings: own, rejects };
}

function foreignReading(
  { meter, time, value, flags }: Reading,
  rights: Rights,
  topic: string,
  context: DecodeContext,
): Reject {
  const id = context.estate.meterByNo(meter)?.id ?? String(meter);
  const fault = new Fault('not_allowed', '', notFor(rights, id));
  return rejectReading(fault, { meter: id, time, value, flags }, '', topic, context.now, context);
}

function notFor({ name }: Rights, meter: string): string {
  return `device ${name} may not report for meter ${meter}`;
}
