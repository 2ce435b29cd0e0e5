import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { DecodeContext } from './decode.ts';
import { type Guard, guard } from './guard.ts';
import type { IntakeLog } from './log.ts';
import type { Packet } from './packet.ts';
import type { Sink } from './port.ts';
import { safeDecode } from './safe.ts';

export interface SubscriberOptions {
  /** mqtt://, mqtts://, ws:// or wss://, user and password included. */
  url: string;
  /** Fixed for ever: the broker keeps what arrives while we are away under this name. */
  clientId?: string;
  sink: Sink;
  /** The estate and profiles in force now. `now` is the server's clock. */
  context(): DecodeContext;
  log: IntakeLog;
  /** Packets that may wait for their commit; the broker is told where MQTT 5 is spoken. */
  inFlight?: number;
  reconnectMs?: number;
}

export interface SubscriberStats {
  connected: boolean;
  /** 5, or 4 (3.1.1) where the broker knows no other. */
  version: 4 | 5;
  packets: number;
  bytes: number;
  /** Packets over the limit, quarantined by their beginning. */
  oversize: number;
  /** Connections that broke the rules of framing. */
  refused: number;
  /** Times that the broker had forgotten the session, so that messages may be missing. */
  sessionsLost: number;
  /** Topic filters that the broker has refused. */
  filtersRefused: readonly string[];
}

export interface Subscriber {
  stats(): SubscriberStats;
  /** Subscribes to what the profiles in force ask for now, and leaves what they no longer do. */
  refresh(): Promise<void>;
  /** Waits for the commits in flight, acknowledges them, disconnects; within 2.5 s. */
  stop(): Promise<void>;
}

/** A PUBLISH that has been handed to the sink. */
interface Entry {
  messageId: number;
  settled: boolean;
}

const NATIVE_FILTERS = ['meters/+/readings', 'gateways/+/readings'];
const SESSION_SECONDS = 7 * 86_400;
const IN_FLIGHT = 1_000;
const IN_FLIGHT_BYTES = 16 * 1024 * 1024;
const UNSUPPORTED_VERSION = new Set([1, 0x84]);
const STOP_GRACE_MS = 1_500;

/** Tells MQTT.js to go on to the next packet without acknowledging this one; we do that after the commit. */
const WITHHELD = new Error('acknowledged after the commit');

/** MQTT.js has no public way to acknowledge later. */
interface Acknowledges {
  _sendPacket(packet: { cmd: 'puback'; messageId: number; reasonCode: number }): void;
}

/**
 * Takes readings from a broker that is there already. A PUBACK leaves after the commit, in the order of
 * arrival, with many packets in flight; what the sink could not store is not acknowledged, and the connection
 * is made anew so that the broker sends it again. Starts in the background and keeps trying.
 */
export function startSubscriber(options: SubscriberOptions): Subscriber {
  const { sink, log } = options;
  const inFlightLimit = Math.min(options.inFlight ?? IN_FLIGHT, 65_535);
  const counts = { packets: 0, bytes: 0, oversize: 0, refused: 0, sessionsLost: 0 };
  let filtersRefused: string[] = [];
  let version: 4 | 5 = 5;
  let stopping = false;
  let everConnected = false;
  let closedUnanswered = 0;
  let filters: readonly string[] = [];
  let watched: Guard | null = null;
  /** Of the connection that is open now, in order of arrival; replaced when it closes. */
  let entries: Entry[] = [];
  let inFlight = 0;
  let inFlightBytes = 0;
  /** Lets MQTT.js go on, while there is too much in flight. */
  let resume: (() => void) | null = null;

  const wanted = (): string[] => [...new Set([...NATIVE_FILTERS, ...options.context().profiles.filters()])];

  const handle = (client: MqttClient, packet: IPublishPacket, next: (error?: Error) => void): void => {
    if (stopping) return;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    counts.packets++;
    counts.bytes += payload.length;
    const context = options.context();
    const cut = watched?.unwrap(payload);
    if (cut) counts.oversize++;
    const whole: Packet = cut
      ? { topic: packet.topic, payload: cut.payload, oversizeBytes: cut.bytes }
      : { topic: packet.topic, payload, retained: packet.retain };
    const decoded = safeDecode(whole, context.now, context, log);
    const entry: Entry = { messageId: packet.messageId ?? 0, settled: decoded.ignored };
    const mine = entries;
    if (packet.qos > 0) mine.push(entry);
    const { reply } = decoded;
    if (reply) {
      client.publish(reply.topic, Buffer.from(reply.payload), { qos: 0 }, (error) => {
        if (error) log.warn({ err: error, topic: reply.topic }, 'the answer to a device could not be sent');
      });
    }
    if (decoded.ignored) acknowledge(client, mine);
    else {
      inFlight++;
      inFlightBytes += payload.length;
      store(decoded).then(
        () => {
          entry.settled = true;
          release(payload.length);
          acknowledge(client, mine);
        },
        (error: unknown) => {
          release(payload.length);
          log.error({ err: error }, 'readings could not be stored; the broker keeps them');
          // Only this connection's: one that has been made since has its own.
          if (mine === entries) client.stream.destroy();
        },
      );
    }
    const go = (): void => next(packet.qos > 0 ? WITHHELD : undefined);
    if (inFlight < inFlightLimit && inFlightBytes < IN_FLIGHT_BYTES) go();
    else resume = go;
  };

  const store = async (decoded: ReturnType<typeof safeDecode>): Promise<void> => {
    await sink.append(decoded.readings, decoded.rejects);
  };

  const release = (bytes: number): void => {
    inFlight--;
    inFlightBytes -= bytes;
    if (!resume || inFlight >= inFlightLimit || inFlightBytes >= IN_FLIGHT_BYTES) return;
    const go = resume;
    resume = null;
    go();
  };

  /** Sends what may leave: MQTT wants acknowledgements in the order of the packets. */
  const acknowledge = (client: MqttClient, mine: Entry[]): void => {
    // After a reconnect the broker sends the packet again, and that one is acknowledged.
    if (mine !== entries || !client.connected) return;
    let count = 0;
    while (count < mine.length && (mine[count] as Entry).settled) {
      const { messageId } = mine[count] as Entry;
      (client as unknown as Acknowledges)._sendPacket({ cmd: 'puback', messageId, reasonCode: 0 });
      count++;
    }
    mine.splice(0, count);
  };

  const subscribe = async (client: MqttClient, list: readonly string[]): Promise<void> => {
    if (list.length === 0) return;
    try {
      const granted = await client.subscribeAsync([...list], { qos: 1 });
      const refused = granted.filter((g) => g.qos >= 128).map((g) => g.topic);
      filtersRefused = [...filtersRefused.filter((f) => !list.includes(f)), ...refused];
      if (refused.length > 0) log.error({ refused }, 'the broker refuses subscriptions');
    } catch (error) {
      log.error({ err: error, filters: list }, 'subscribing failed');
      // Without its subscriptions a connection is of no use; the next one tries again.
      filters = [];
      if (!stopping) client.stream.destroy();
    }
  };

  const open = (): MqttClient => {
    const settings: IClientOptions = {
      clientId: options.clientId ?? 'jieneng',
      clean: false,
      protocolVersion: version,
      reconnectPeriod: options.reconnectMs ?? 2_000,
      reconnectOnConnackError: true,
      connectTimeout: 10_000,
      // We look at sessionPresent ourselves (MQTT.js#895).
      resubscribe: false,
      manualConnect: true,
    };
    if (version === 5) {
      settings.properties = { sessionExpiryInterval: SESSION_SECONDS, receiveMaximum: inFlightLimit };
    }
    const client = connect(options.url, settings);
    const dial = client.connect.bind(client);
    let answered = false;
    let dialled = false;
    client.connect = () => {
      // One that was given up for an older version of MQTT may still have a reconnect on its timer.
      if (current !== client || stopping) return client;
      dial();
      // Here and not at the close, after which MQTT.js still hands over what it had parsed: message ids of
      // an old connection mean other packets on this one.
      entries = [];
      answered = false;
      dialled = false;
      const { stream } = client;
      if (stream instanceof Socket) {
        stream.once('connect', () => {
          dialled = true;
        });
        watched = guard(stream, {
          expectConnect: false,
          version5: version === 5,
          onBytes: () => {},
          onRefused: (why) => {
            counts.refused++;
            log.warn({ why }, 'connection to the broker broken off');
          },
        });
      }
      return client;
    };
    client.handleMessage = (packet, next) => handle(client, packet, next);
    client.on('connect', (connack) => {
      answered = true;
      closedUnanswered = 0;
      log.info({ version, sessionPresent: connack.sessionPresent }, 'connected to the MQTT broker');
      const lost = everConnected && !connack.sessionPresent;
      if (lost) {
        counts.sessionsLost++;
        log.warn({}, 'the broker has forgotten our session; messages in between may be missing');
      }
      const list = wanted();
      const missing = connack.sessionPresent ? list.filter((f) => !filters.includes(f)) : list;
      everConnected = true;
      filters = list;
      void subscribe(client, missing);
    });
    client.on('close', () => {
      entries = [];
      const go = resume;
      resume = null;
      go?.();
      if (dialled && !answered && !everConnected && version === 5 && ++closedUnanswered >= 2) olderVersion();
    });
    client.on('error', (error) => {
      log.warn({ err: error }, 'MQTT broker');
      const code = 'code' in error ? error.code : undefined;
      if (version === 5 && typeof code === 'number' && UNSUPPORTED_VERSION.has(code)) olderVersion();
    });
    const olderVersion = (): void => {
      if (stopping || current !== client) return;
      version = 4;
      client.end(true);
      log.info({}, 'the broker knows no MQTT 5; going on with 3.1.1');
      current = open();
    };
    // Listeners first: a session that was kept starts with what it has kept.
    setImmediate(() => {
      client.connect();
    });
    return client;
  };

  let current: MqttClient = open();

  return {
    stats: () => ({ connected: current.connected, version, ...counts, filtersRefused: [...filtersRefused] }),
    async refresh() {
      if (!current.connected) return; // the next connection subscribes to all of it
      const list = wanted();
      const left = filters.filter((f) => !list.includes(f));
      const added = list.filter((f) => !filters.includes(f));
      filters = list;
      if (left.length > 0) await current.unsubscribeAsync(left);
      await subscribe(current, added);
    },
    async stop() {
      if (stopping) return;
      stopping = true;
      const deadline = Date.now() + STOP_GRACE_MS;
      while (inFlight > 0 && Date.now() < deadline) await wait(5);
      if (current.connected) await Promise.race([current.endAsync(false), wait(500)]);
      current.end(true);
    },
  };
}
