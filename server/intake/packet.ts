import type { Reading, Reason, Reject } from '../domain/reading.ts';
import { Fault, rejectPacket } from './checks.ts';

export interface Packet {
  topic: string;
  payload: Uint8Array;
  /** Size of the packet that was cut to `payload` because it is over the limit. */
  oversizeBytes?: number;
  /** A broker kept it from earlier: without a time of its own nobody knows when it was true. */
  retained?: boolean;
}

/** What the device waits to be told, e.g. that its login was seen. */
export interface Reply {
  topic: string;
  payload: string | Uint8Array;
}

export interface Decoded {
  readings: Reading[];
  rejects: Reject[];
  /** A message that carries no reading and is not meant to: neither stored nor quarantined. */
  ignored: boolean;
  reply: Reply | null;
}

/**
 * Most elements that one array is taken apart into. 256 KiB hold fewer than 10,000 readings with a time;
 * this only keeps `[{},{},…]` from becoming 90,000 entries of quarantine.
 */
export const ELEMENT_LIMIT = 20_000;

/** A result of one reject and nothing else. */
export function refused(
  reason: Reason,
  detail: string,
  topic: string,
  payload: Uint8Array,
  arrival: number,
): Decoded {
  return {
    readings: [],
    rejects: [rejectPacket(reason, detail, topic, payload, arrival)],
    ignored: false,
    reply: null,
  };
}

export function tooMany(place: string, count: number, packet: Packet, arrival: number): Decoded {
  const detail = `${place}: ${count} elements, at most ${ELEMENT_LIMIT} are taken`;
  return refused('broken_payload', detail, packet.topic, packet.payload, arrival);
}

/**
 * Rejects of one packet that name the same meter, or none, one by one. Beyond it they are one item, the packet itself:
 * each costs a row on disk, and in the time of twenty thousand of them, which 60 KB can bring, everybody waits.
 */
export const REJECT_LIMIT = 1000;

/** What became of a packet. */
export function outcome(out: Decoded, packet: Packet, arrival: number): Decoded {
  const perMeter = new Map<string | null, number>();
  for (const { reason, meter } of out.rejects) {
    // What is ahead of time is taken in one by one.
    if (reason !== 'time_ahead') perMeter.set(meter, (perMeter.get(meter) ?? 0) + 1);
  }
  const isOneOfMany = ({ reason, meter }: Reject): boolean =>
    reason !== 'time_ahead' && (perMeter.get(meter) ?? 0) > REJECT_LIMIT;
  const [first, ...others] = out.rejects.filter(isOneOfMany);
  if (first) {
    const detail = `${others.length + 1} elements, ${first.detail}`;
    out.rejects = out.rejects.filter((reject) => !isOneOfMany(reject));
    out.rejects.push(rejectPacket(first.reason, detail, packet.topic, packet.payload, arrival));
  }
  return settle(out);
}

export function settle(out: Decoded): Decoded {
  out.ignored = out.readings.length === 0 && out.rejects.length === 0;
  return out;
}

export function textOf(payload: Uint8Array): string {
  const bytes = Buffer.isBuffer(payload)
    ? payload
    : Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return bytes.toString('utf8');
}

/** @returns what the JSON says, or a fault of the reason `broken_payload`. */
export function parseJson(payload: Uint8Array): unknown {
  const text = textOf(payload);
  try {
    // Some gateways put a byte order mark in front.
    return JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return new Fault('broken_payload', '', `payload: not JSON: ${why.slice(0, 200)}`);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
