import type { Estate } from '../domain/estate.ts';
import type { Meter } from '../domain/meter.ts';
import { PACKET_LIMIT_BYTES } from '../domain/reading.ts';
import {
  type CheckContext,
  Fault,
  NAME_LIMIT,
  readingFrom,
  readingOf,
  rejectReading,
  show,
} from './checks.ts';
import { nativeReading } from './native.ts';
import {
  type Decoded,
  ELEMENT_LIMIT,
  isObject,
  outcome,
  type Packet,
  parseJson,
  refused,
  tooMany,
} from './packet.ts';
import { decodeByProfile } from './profiles/apply.ts';
import type { CompiledProfiles } from './profiles/compile.ts';

export type { Decoded, Packet, Reply } from './packet.ts';

export interface DecodeContext extends CheckContext {
  profiles: CompiledProfiles;
}

/** Longest topic that is taken; MQTT allows 65,535 bytes, and quarantine repeats it with every reject. */
export const TOPIC_LIMIT = 1024;
const KEPT_OF_OVERSIZE = 1024;
const METER_PREFIX = 'meters/';
const GATEWAY_PREFIX = 'gateways/';
const SUFFIX = '/readings';

/**
 * Turns one MQTT packet into readings and rejects. Never throws: whatever cannot be read is a reject.
 * @param arrival epoch ms
 */
export function decode(packet: Packet, arrival: number, context: DecodeContext): Decoded {
  const { topic, payload } = packet;
  if (topic.length > TOPIC_LIMIT) {
    const detail = `topic: ${topic.length} characters, at most ${TOPIC_LIMIT} are taken`;
    return refused('no_profile', detail, topic.slice(0, TOPIC_LIMIT), payload, arrival);
  }
  const size = packet.oversizeBytes ?? payload.byteLength;
  if (size > PACKET_LIMIT_BYTES || packet.oversizeBytes !== undefined) {
    const detail = `packet: ${size} bytes, at most ${PACKET_LIMIT_BYTES} are taken`;
    return refused('packet_too_large', detail, topic, payload.subarray(0, KEPT_OF_OVERSIZE), arrival);
  }
  const known = meterOfTopic(topic, context.estate);
  if (known) {
    const native = nativeReading(payload);
    const found = native && readingOf(known, native.time, native.value, arrival, context);
    if (found && !(found instanceof Fault)) {
      return { readings: [found], rejects: [], ignored: false, reply: null };
    }
    // What is wrong is said below, as of any other payload.
  }
  if (topic.endsWith(SUFFIX)) {
    if (topic.startsWith(METER_PREFIX) && topic.length > METER_PREFIX.length + SUFFIX.length) {
      const meter = topic.slice(METER_PREFIX.length, -SUFFIX.length);
      if (!meter.includes('/')) return decodeMeter(packet, meter, arrival, context);
    } else if (topic.startsWith(GATEWAY_PREFIX) && topic.length > GATEWAY_PREFIX.length + SUFFIX.length) {
      if (!topic.slice(GATEWAY_PREFIX.length, -SUFFIX.length).includes('/')) {
        return decodeGateway(packet, arrival, context);
      }
    }
  }
  return decodeByProfile(packet, arrival, context);
}

/** The meters of an estate by the topics that have been seen, of which each meter has one. */
const topics = new WeakMap<Estate, Map<string, Meter>>();

function meterOfTopic(topic: string, estate: Estate): Meter | undefined {
  return topics.get(estate)?.get(topic);
}

function rememberTopic(topic: string, meter: Meter, estate: Estate): void {
  const known = topics.get(estate);
  if (known) known.set(topic, meter);
  else topics.set(estate, new Map([[topic, meter]]));
}

function decodeMeter(packet: Packet, id: string, arrival: number, context: DecodeContext): Decoded {
  const { topic, payload } = packet;
  if (id.length > NAME_LIMIT) {
    return refused(
      'unknown_meter',
      `topic: a meter's id has no ${id.length} characters`,
      topic,
      payload,
      arrival,
    );
  }
  const body = parseJson(payload);
  if (body instanceof Fault) return refused(body.reason, body.message, topic, payload, arrival);
  const meter = context.estate.meter(id);
  if (meter) rememberTopic(topic, meter, context.estate);
  const out: Decoded = { readings: [], rejects: [], ignored: false, reply: null };
  const one = (element: unknown, index: number): void => {
    if (!isObject(element)) {
      const held = { meter: id, element };
      out.rejects.push(
        rejectReading(notAReading(element), held, index < 0 ? '' : `[${index}]`, topic, arrival, context),
      );
      return;
    }
    const { time, value } = element;
    if (packet.retained === true && (time === undefined || time === null)) return;
    const found = meter
      ? readingOf(meter, time, value, arrival, context)
      : readingFrom(id, time, value, arrival, context);
    if (found instanceof Fault) {
      const place = index < 0 ? '' : `[${index}]`;
      out.rejects.push(rejectReading(found, { meter: id, time, value }, place, topic, arrival, context));
    } else out.readings.push(found);
  };
  if (Array.isArray(body)) {
    if (body.length > ELEMENT_LIMIT) return tooMany('payload', body.length, packet, arrival);
    for (let i = 0; i < body.length; i++) one(body[i], i);
  } else one(body, -1);
  return outcome(out, packet, arrival);
}

function decodeGateway(packet: Packet, arrival: number, context: DecodeContext): Decoded {
  const { topic, payload } = packet;
  const body = parseJson(payload);
  if (body instanceof Fault) return refused(body.reason, body.message, topic, payload, arrival);
  const list = isObject(body) ? body.readings : undefined;
  if (!Array.isArray(list)) {
    const detail = `readings: expected an array, got ${show(isObject(body) ? list : body)}`;
    return refused('broken_payload', detail, topic, payload, arrival);
  }
  if (list.length > ELEMENT_LIMIT) return tooMany('readings', list.length, packet, arrival);
  const out: Decoded = { readings: [], rejects: [], ignored: false, reply: null };
  for (let i = 0; i < list.length; i++) {
    const element: unknown = list[i];
    const place = (): string => `readings[${i}]`;
    if (!isObject(element)) {
      const held = { meter: '', element };
      out.rejects.push(rejectReading(notAReading(element), held, place(), topic, arrival, context));
      continue;
    }
    const { meter, time, value } = element;
    // A gateway that writes an id of digits without quotes means the same meter.
    const id = typeof meter === 'string' ? meter : typeof meter === 'number' ? String(meter) : '';
    if (packet.retained === true && (time === undefined || time === null)) continue;
    const found =
      id === ''
        ? new Fault(
            'unknown_meter',
            'meter',
            meter === undefined ? 'missing' : `${show(meter)} is not a meter's id`,
          )
        : readingFrom(id, time, value, arrival, context);
    if (found instanceof Fault) {
      out.rejects.push(rejectReading(found, { meter: id, time, value }, place(), topic, arrival, context));
    } else out.readings.push(found);
  }
  return outcome(out, packet, arrival);
}

function notAReading(element: unknown): Fault {
  return new Fault('broken_payload', '', `expected an object with a time and a value, got ${show(element)}`);
}
