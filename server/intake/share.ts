import type { Estate } from '../domain/estate.ts';
import type { Reading, Reject } from '../domain/reading.ts';
import type { CheckContext } from './checks.ts';
import type { Decoded } from './packet.ts';
import { owns, type Part, partOf } from './part.ts';
import { meterAt } from './profiles/apply.ts';

const METER_TOPIC = /^meters\/([^/]+)\/readings$/;

/**
 * Whether another part takes all of a packet, by its topic alone: most of a fleet's packets are passed over
 * without being read.
 */
export function ofAnotherPart(topic: string, part: Part): boolean {
  if (!topic.startsWith('meters/')) return false;
  const id = METER_TOPIC.exec(topic)?.[1];
  return id !== undefined && partOf(id, part.of) !== part.index;
}

/**
 * What this part takes of a decoded packet. Every reading and every reject is of exactly one part: by its
 * meter, or by the text that names a meter which is not there; what names none is of part 1, so that the
 * accounts of all parts together balance.
 */
export function shareOf(decoded: Decoded, context: CheckContext): Decoded {
  const { part, estate } = context;
  if (!part) return decoded;
  const readings = decoded.readings.filter((r) => ownsReading(r, part, estate));
  const rejects = decoded.rejects.filter((r) => partOfReject(r, part.of, estate) === part.index);
  return {
    readings,
    rejects,
    ignored: decoded.ignored || (readings.length === 0 && rejects.length === 0),
    // Asked once, however many parts have heard it.
    reply: part.index === 1 ? decoded.reply : null,
  };
}

export function ownsReading(reading: Reading, part: Part, estate: Estate): boolean {
  const meter = estate.meterByNo(reading.meter);
  return meter === undefined ? part.index === 1 : owns(part, meter);
}

function partOfReject(reject: Reject, of: number, estate: Estate): number {
  if (reject.kind === 'packet') {
    const id = METER_TOPIC.exec(reject.source)?.[1];
    return id === undefined ? 1 : partOf(id, of);
  }
  if (reject.meter === null) return 1;
  const meter = estate.meter(reject.meter) ?? meterAt(estate, reject.meter);
  return partOf(meter?.id ?? reject.meter, of);
}
