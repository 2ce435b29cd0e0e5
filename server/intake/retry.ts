import type { Reading, Reject } from '../domain/reading.ts';
import { Fault, type Held, readingFrom, rejectReading } from './checks.ts';
import { type DecodeContext, decode } from './decode.ts';
import { type Decoded, isObject, parseJson, settle } from './packet.ts';
import { meterAt, readingInUnit, unknownAddress } from './profiles/apply.ts';

/**
 * Decodes something out of quarantine again, after the estate or the profiles have been mended. Its arrival
 * stays that of the first time, so a reading without a time does not move. What still cannot be read comes
 * back as rejects; a reply that the device waited for then is not sent now.
 */
export function retry(item: Reject, context: DecodeContext): Decoded {
  const out: Decoded = { readings: [], rejects: [], ignored: false, reply: null };
  if (item.reason === 'packet_too_large') {
    // Only its beginning was kept.
    out.rejects.push(item);
    return out;
  }
  if (item.kind === 'packet') {
    const again = decode({ topic: item.source, payload: item.payload }, item.receivedAt, context);
    return { ...again, reply: null };
  }
  const body = parseJson(item.payload);
  if (!isObject(body) || typeof body.meter !== 'string') {
    out.rejects.push(item);
    return out;
  }
  const { time, value, unit, byAddress, flags } = body;
  const held: Held = { meter: body.meter, time, value };
  if (typeof unit === 'string') held.unit = unit;
  if (byAddress === true) held.byAddress = true;
  if (typeof flags === 'number') held.flags = flags;
  const found = check(held, item.receivedAt, context);
  if (found instanceof Fault) {
    out.rejects.push(rejectReading(found, held, '', item.source, item.receivedAt, context));
  } else out.readings.push(found);
  return settle(out);
}

function check(held: Held, arrival: number, context: DecodeContext): Reading | Fault {
  const flags = held.flags ?? 0;
  if (!held.byAddress) return readingFrom(held.meter, held.time, held.value, arrival, context, flags);
  const meter = meterAt(context.estate, held.meter);
  return meter ? readingInUnit(meter, held, arrival, context, flags) : unknownAddress(held.meter);
}
