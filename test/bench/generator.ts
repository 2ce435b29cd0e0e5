/**
 * Sends readings over MQTT QoS 1, as fast as the broker acknowledges them or at a pace, from many clients in one process.
 * Packets are written by hand onto plain sockets: a client library would be the bottleneck before the broker.
 * Started as a process of its own; parameters come as JSON in the first argument, the result goes to stdout.
 */
import { connect, type Socket } from 'node:net';

export interface Load {
  port: number;
  clients: number;
  /** Readings in one message. */
  batch: number;
  seconds: number;
  /** How many meters report. */
  meters: number;
  /** The first of them, m0 unless told otherwise: a run with meters of its own follows on nothing. */
  firstMeter?: number;
  /** Time of the first readings, epoch ms, and the step between readings of a meter. */
  start: number;
  stepMs: number;
  /** What each meter's register shows before; left out: about 1000. */
  registers?: number[];
  /** Ends after so many messages of each client, if that is sooner. */
  messages?: number;
  /** Messages a second of all clients together; left out: as many as are acknowledged. */
  perSecond?: number;
  /** Messages of all clients together that may wait for their PUBACK; left out: 2,000. */
  underWay?: number;
}

export interface LoadResult {
  acknowledged: number;
  seconds: number;
  /** Time from PUBLISH to PUBACK, ms. */
  p50: number;
  p99: number;
}

const UNDER_WAY = 2000;

function lengthBytes(n: number): number[] {
  const out: number[] = [];
  do {
    const digit = n % 128;
    n = Math.floor(n / 128);
    out.push(n > 0 ? digit | 128 : digit);
  } while (n > 0);
  return out;
}

function packet(head: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([head, ...lengthBytes(body.length)]), body]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
}

function connectPacket(id: string): Buffer {
  return packet(0x10, Buffer.concat([text('MQTT'), Buffer.from([4, 2, 0, 60]), text(id)]));
}

function publishPacket(topic: string, id: number, payload: string): Buffer {
  return packet(0x32, Buffer.concat([text(topic), Buffer.from([id >> 8, id & 255]), Buffer.from(payload)]));
}

/** One client's share of the meters, each reading a step after the one before. */
class Source {
  readonly #meters: number[] = [];
  readonly #load: Load;
  readonly #client: number;
  readonly #first: number;
  #turn = 0;
  #round = 0;

  constructor(load: Load, client: number) {
    this.#load = load;
    this.#client = client;
    this.#first = load.firstMeter ?? 0;
    for (let m = client; m < load.meters; m += load.clients) this.#meters.push(m);
    if (this.#meters.length === 0) this.#meters.push(client % load.meters);
  }

  next(id: number): Buffer {
    if (this.#load.batch === 1) {
      const { meter, time, value } = this.#reading();
      return publishPacket(`meters/m${meter}/readings`, id, `{"time":${time},"value":${value}}`);
    }
    const parts: string[] = [];
    for (let i = 0; i < this.#load.batch; i++) {
      const { meter, time, value } = this.#reading();
      parts.push(`{"meter":"m${meter}","time":${time},"value":${value}}`);
    }
    return publishPacket(`gateways/g${this.#client}/readings`, id, `{"readings":[${parts.join(',')}]}`);
  }

  #reading(): { meter: number; time: number; value: number } {
    const own = this.#meters[this.#turn] as number;
    const meter = this.#first + own;
    const time = this.#load.start + this.#round * this.#load.stepMs;
    const before = this.#load.registers?.[own] ?? 1000 + meter * 0.01;
    const value = Math.round((before + this.#round * 2.5) * 100) / 100;
    if (++this.#turn === this.#meters.length) {
      this.#turn = 0;
      this.#round++;
    }
    return { meter, time, value };
  }
}

async function client(load: Load, index: number, until: () => boolean, latencies: number[]): Promise<number> {
  const socket: Socket = connect(load.port, '127.0.0.1');
  socket.setNoDelay(true);
  const source = new Source(load, index);
  const window = Math.max(4, Math.floor((load.underWay ?? UNDER_WAY) / load.clients));
  let id = 0;
  let inFlight = 0;
  let acknowledged = 0;
  let connected = false;
  let rest: Buffer = Buffer.alloc(0);
  let sent = 0;
  const sentAt = new Map<number, number>();
  let pace: NodeJS.Timeout | null = null;
  const share = (load.perSecond ?? Number.POSITIVE_INFINITY) / load.clients / 1000;
  const most = load.messages ?? Number.POSITIVE_INFINITY;
  const isDue = (): boolean => sent < most && sent < (performance.now() - started) * share;
  const fill = (): void => {
    const out: Buffer[] = [];
    while (inFlight < window && isDue() && !until()) {
      sent++;
      id = (id % 65_535) + 1;
      // At full speed a sample is enough.
      if (pace || id % 64 === 0) sentAt.set(id, performance.now());
      out.push(source.next(id));
      inFlight++;
    }
    if (out.length > 0) socket.write(Buffer.concat(out));
  };
  return new Promise((resolve, reject) => {
    const finish = (): void => {
      if (pace) clearInterval(pace);
      socket.end();
      resolve(acknowledged);
    };
    const turn = (): void => {
      if (connected) fill();
      // At a slow pace the end comes while nothing is on its way.
      if ((sent >= most || until()) && inFlight === 0) finish();
    };
    if (load.perSecond !== undefined) pace = setInterval(turn, 5);
    socket.on('close', () => {
      if (pace) clearInterval(pace);
      reject(new Error('the broker closed the connection'));
    });
    socket.on('connect', () => socket.write(connectPacket(`bench-${index}`)));
    socket.on('error', reject);
    socket.on('data', (chunk: Buffer) => {
      let bytes = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
      // CONNACK and PUBACK both have four bytes.
      while (bytes.length >= 4) {
        if (bytes[0] === 0x20) connected = true;
        else {
          inFlight--;
          acknowledged++;
          const ackId = bytes.readUInt16BE(2);
          const sent = sentAt.get(ackId);
          if (sent !== undefined) {
            latencies.push(performance.now() - sent);
            sentAt.delete(ackId);
          }
        }
        bytes = bytes.subarray(4);
      }
      rest = bytes;
      if (connected) fill();
      if ((sent >= most || until()) && inFlight === 0) finish();
    });
  });
}

const load = JSON.parse(process.argv[2] as string) as Load;
const started = performance.now();
const over = (): boolean => performance.now() - started > load.seconds * 1000;
const latencies: number[] = [];
const counts = await Promise.all(
  Array.from({ length: load.clients }, (_, i) => client(load, i, over, latencies)),
);
latencies.sort((a, b) => a - b);
const result: LoadResult = {
  acknowledged: counts.reduce((a, b) => a + b, 0) * load.batch,
  seconds: (performance.now() - started) / 1000,
  p50: latencies[Math.floor(latencies.length * 0.5)] ?? 0,
  p99: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
};
process.stdout.write(`${JSON.stringify(result)}\n`);
