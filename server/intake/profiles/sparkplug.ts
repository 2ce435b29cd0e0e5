import { Fault, show } from '../checks.ts';
import type { Reply } from '../packet.ts';
import { ProtoReader } from './protobuf.ts';

/** One metric as profiles see it; `name` is filled in from the birth certificate. */
export interface Metric {
  name: string;
  timestamp: number | null;
  value: number | string | boolean | null;
  historical: boolean;
}

interface Known {
  name: string;
  type: number;
}

interface RawMetric {
  name: string | null;
  alias: number | null;
  timestamp: number | null;
  type: number | null;
  bits: { field: number; value: number | bigint } | null;
  text: string | null;
  historical: boolean;
}

const NODE_LIMIT = 2_000;
const ALIAS_LIMIT = 200_000;
const METRIC_LIMIT = 10_000;
const REBIRTH_INTERVAL_MS = 60_000;

/** DDATA before its birth: the aliases mean nothing yet. */
class MissingBirth extends Fault {}

/**
 * Sparkplug B: data messages carry numbers for names, and only the birth certificate says which is which.
 * Aliases are unique within an edge node, so one table per node serves its devices too.
 */
export class SparkplugSessions {
  /** group/node → alias → metric; the node that was born longest ago goes first when there are too many. */
  readonly #nodes = new Map<string, Map<number, Known>>();
  readonly #asked = new Map<string, number>();
  #aliases = 0;

  /**
   * @param levels the topic levels group, type, node and, for devices, device
   * @returns `{timestamp, metrics}`, or a fault of the reason `broken_payload`
   */
  read(levels: ReadonlyMap<string, string>, payload: Uint8Array, arrival: number): object | Fault {
    const type = levels.get('type') ?? '';
    const key = nodeKey(levels);
    if (!/^[ND](BIRTH|DATA)$/.test(type)) {
      // Aliases hold until the node dies; deaths, commands and states carry no metrics that are read here.
      if (type === 'NDEATH') this.#forget(key);
      return { timestamp: arrival, metrics: [] };
    }
    let raw: RawMetric[];
    let timestamp: number | null;
    try {
      ({ metrics: raw, timestamp } = readPayload(payload));
    } catch (error) {
      return new Fault(
        'broken_payload',
        '',
        `payload: no Sparkplug B message: ${error instanceof Error ? error.message : ''}`,
      );
    }
    const birth = type.endsWith('BIRTH');
    if (birth) this.#learn(key, raw, type === 'NBIRTH');
    const known = this.#nodes.get(key);
    const metrics: Metric[] = [];
    for (let i = 0; i < raw.length; i++) {
      const metric = raw[i] as RawMetric;
      const born = metric.alias === null ? undefined : known?.get(metric.alias);
      const name = metric.name ?? born?.name;
      if (name === undefined) {
        const birthType = levels.has('device') ? 'DBIRTH' : 'NBIRTH';
        const alias =
          metric.alias === null ? 'has neither name nor alias' : `alias ${metric.alias} is unknown`;
        return new MissingBirth(
          'broken_payload',
          '',
          `metrics[${i}]: ${alias}: the birth certificate (${birthType}) of ${show(key)} is missing`,
        );
      }
      const value = metricValue(metric, metric.type ?? born?.type ?? 0);
      metrics.push({ name, timestamp: metric.timestamp ?? timestamp, value, historical: metric.historical });
    }
    return { timestamp, metrics };
  }

  /** Asks a node whose birth was missed to be born again, at most once a minute. */
  rebirth(levels: ReadonlyMap<string, string>, fault: Fault, arrival: number): Reply | null {
    if (!(fault instanceof MissingBirth)) return null;
    const key = nodeKey(levels);
    const asked = this.#asked.get(key);
    if (asked !== undefined && arrival - asked < REBIRTH_INTERVAL_MS && arrival >= asked) return null;
    if (this.#asked.size >= NODE_LIMIT) this.#asked.clear();
    this.#asked.set(key, arrival);
    return {
      topic: `spBv1.0/${levels.get('group')}/NCMD/${levels.get('node')}`,
      payload: rebirthCommand(arrival),
    };
  }

  #learn(key: string, metrics: readonly RawMetric[], fresh: boolean): void {
    if (fresh) this.#forget(key);
    const known = this.#nodes.get(key) ?? new Map<number, Known>();
    for (const { alias, name, type } of metrics) {
      if (alias === null || name === null) continue;
      if (!known.has(alias)) this.#aliases++;
      known.set(alias, { name, type: type ?? 0 });
    }
    this.#nodes.delete(key);
    this.#nodes.set(key, known);
    while (this.#nodes.size > NODE_LIMIT || (this.#aliases > ALIAS_LIMIT && this.#nodes.size > 1)) {
      const oldest = this.#nodes.keys().next().value;
      if (oldest === undefined) break;
      this.#forget(oldest);
    }
  }

  #forget(key: string): void {
    this.#aliases -= this.#nodes.get(key)?.size ?? 0;
    this.#nodes.delete(key);
  }
}

function nodeKey(levels: ReadonlyMap<string, string>): string {
  return `${levels.get('group') ?? ''}/${levels.get('node') ?? ''}`;
}

/** @throws Error when the bytes are no such message. */
function readPayload(payload: Uint8Array): { timestamp: number | null; metrics: RawMetric[] } {
  const reader = new ProtoReader(payload);
  let timestamp: number | null = null;
  const metrics: RawMetric[] = [];
  while (reader.next()) {
    if (reader.field === 1 && reader.wire === 0) timestamp = reader.varint();
    else if (reader.field === 2 && reader.wire === 2) {
      if (metrics.length >= METRIC_LIMIT) throw new Error(`more than ${METRIC_LIMIT} metrics`);
      metrics.push(readMetric(reader.bytes()));
    } else reader.skip();
  }
  return { timestamp, metrics };
}

function readMetric(bytes: Uint8Array): RawMetric {
  const reader = new ProtoReader(bytes);
  const out: RawMetric = {
    name: null,
    alias: null,
    timestamp: null,
    type: null,
    bits: null,
    text: null,
    historical: false,
  };
  while (reader.next()) {
    const { field, wire } = reader;
    if (field === 1 && wire === 2) out.name = reader.text();
    else if (field === 2 && wire === 0) out.alias = reader.varint();
    else if (field === 3 && wire === 0) out.timestamp = reader.varint();
    else if (field === 4 && wire === 0) out.type = reader.varint();
    else if (field === 5 && wire === 0) out.historical = reader.varint() !== 0;
    else if ((field === 10 || field === 11 || field === 14) && wire === 0) {
      out.bits = { field, value: reader.varint64() };
    } else if (field === 12 && wire === 5) out.bits = { field, value: reader.float() };
    else if (field === 13 && wire === 1) out.bits = { field, value: reader.double() };
    else if (field === 15 && wire === 2) out.text = reader.text();
    else reader.skip();
  }
  return out;
}

/** Data types of the specification that hold signed integers, with their widths. */
const SIGNED: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 32, 4: 64 };

function metricValue(metric: RawMetric, type: number): Metric['value'] {
  if (metric.text !== null) return metric.text;
  if (!metric.bits) return null;
  const { field, value } = metric.bits;
  if (field === 14) return value !== 0n;
  if (typeof value === 'number') return field === 12 ? shortest(value) : value;
  const width = SIGNED[type];
  return Number(width === undefined ? value : BigInt.asIntN(width, value));
}

/** The decimal that a 32-bit float stands for: 18353.1, not 18353.099609375. */
function shortest(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return value;
}

/** Payload { timestamp, metrics: [{ name: "Node Control/Rebirth", datatype: Boolean, value: true }] }. */
function rebirthCommand(at: number): Uint8Array {
  const name = Buffer.from('Node Control/Rebirth');
  const metric = Buffer.concat([Buffer.from([0x0a, name.length]), name, Buffer.from([0x20, 11, 0x70, 1])]);
  return Buffer.concat([Buffer.from([0x08]), varintOf(at), Buffer.from([0x12, metric.length]), metric]);
}

function varintOf(value: number): Buffer {
  const bytes: number[] = [];
  let rest = BigInt(Math.trunc(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Buffer.from(bytes);
}
