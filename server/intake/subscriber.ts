import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import type { BrokerAccess } from './access.ts';
import type { DecodeContext } from './decode.ts';
import { Findings, SYSTEM_FILTERS } from './findings.ts';
import { type Guard, guard } from './guard.ts';
import type { IntakeLog } from './log.ts';
import type { Decoded, Packet } from './packet.ts';
import type { Sink } from './port.ts';
import type { Remembered } from './remembered.ts';
import { safeDecode } from './safe.ts';
import { Unacknowledged } from './unacknowledged.ts';

export interface SubscriberOptions {
  access: BrokerAccess;
  sink: Sink;
  /** The estate and profiles in force now. `now` is the server's clock. */
  context(): DecodeContext;
  log: IntakeLog;
  /** Whether the broker should know us already; without it, it should after the first connection. */
  remembered?: Remembered;
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
  /** What the broker says that it is; null where it does not. */
  broker: string | null;
  /** What loses readings or may, in sentences. */
  warnings: readonly string[];
}

export interface Subscriber {
  stats(): SubscriberStats;
  /** Subscribes to what the profiles in force ask for now, and leaves what they no longer do. */
  refresh(): Promise<void>;
  /** Waits for the commits in flight, acknowledges them, disconnects; within 2.5 s. */
  stop(): Promise<void>;
}

const NATIVE_FILTERS = ['meters/+/readings', 'gateways/+/readings'];
export const SESSION_SECONDS = 7 * 86_400;
const IN_FLIGHT = 1_000;
const IN_FLIGHT_BYTES = 16 * 1024 * 1024;
/**
 * Of a websocket a whole message is in memory before the guard sees any of it. MQTT 5 has the broker keep back
 * what is larger; of a 3.1.1 broker it ends the connection, and the health page says so.
 */
export const WEBSOCKET_MESSAGE_BYTES = 16 * 1024 * 1024;
const UNSUPPORTED_VERSION = new Set([1, 0x84]);
const STOP_GRACE_MS = 1_500;
/** A connection that has lasted so long is a good one. */
const HELD_MS = 60_000;

/** Tells MQTT.js to go on to the next packet without acknowledging this one; we do that after the commit. */
const WITHHELD = new Error('acknowledged after the commit');

/**
 * Takes readings from a broker that is there already. A PUBACK leaves after the commit, in the order of
 * arrival, with many packets in flight; what the sink could not store is not acknowledged, and the connection
 * is made anew so that the broker sends it again. Starts in the background and keeps trying.
 */
export function startSubscriber(options: SubscriberOptions): Subscriber {
  const { access, sink, log } = options;
  const inFlightLimit = Math.min(options.inFlight ?? IN_FLIGHT, 65_535);
  const websocket = /^wss?:/.test(access.url);
  const counts = { packets: 0, bytes: 0, oversize: 0, refused: 0 };
  const findings = new Findings(
    access.clientId,
    (finding) => log.warn({ broker: access.url }, finding),
    () => options.context().now,
  );
  let version: 4 | 5 = 5;
  let stopping = false;
  let everConnected = options.remembered?.had() ?? false;
  let everAnswered = false;
  let systemAsked = false;
  let closedUnanswered = 0;
  let filters: readonly string[] = [];
  let watched: Guard | null = null;
  /** Of the connection that is open now; replaced when it closes. */
  let waiting = new Unacknowledged();
  let flushing = false;
  let brokenOff = false;
  let inFlight = 0;
  let inFlightBytes = 0;
  /** Lets MQTT.js go on, while there is too much in flight. */
  let resume: (() => void) | null = null;

  const wanted = (): string[] => [...new Set([...NATIVE_FILTERS, ...options.context().profiles.filters()])];

  const handle = (client: MqttClient, packet: IPublishPacket, next: (error?: Error) => void): void => {
    if (stopping) return;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    if (packet.topic.startsWith('$')) {
      findings.system(packet.topic, payload);
      next();
      return;
    }
    counts.packets++;
    counts.bytes += payload.length;
    const decoded = read(packet, payload);
    const mine = waiting;
    const entry = packet.qos > 0 ? mine.add(packet.messageId ?? 0) : null;
    const settle = (): void => {
      if (!entry) return;
      entry.settled = true;
      // After a reconnect the broker sends the packet again, and that one is acknowledged.
      if (mine === waiting) acknowledgeSoon();
    };
    const { reply } = decoded;
    if (reply) {
      client.publish(reply.topic, Buffer.from(reply.payload), { qos: 0 }, (error) => {
        if (error) log.warn({ err: error, topic: reply.topic }, 'the answer to a device could not be sent');
      });
    }
    if (decoded.ignored) settle();
    else {
      inFlight++;
      inFlightBytes += payload.length;
      sink.append(decoded.readings, decoded.rejects).then(
        () => {
          settle();
          release(payload.length);
        },
        (error: unknown) => {
          release(payload.length);
          log.error({ err: error }, 'readings could not be stored; the broker keeps them');
          // Only this connection's: one that has been made since has its own.
          if (mine === waiting) breakOff(client);
        },
      );
    }
    const go = (): void => next(packet.qos > 0 ? WITHHELD : undefined);
    if (inFlight < inFlightLimit && inFlightBytes < IN_FLIGHT_BYTES) go();
    else resume = go;
  };

  const read = (packet: IPublishPacket, payload: Buffer): Decoded => {
    const context = options.context();
    const cut = watched?.unwrap(payload);
    if (cut) counts.oversize++;
    const whole: Packet = cut
      ? { topic: packet.topic, payload: cut.payload, oversizeBytes: cut.bytes }
      : { topic: packet.topic, payload, retained: packet.retain };
    return safeDecode(whole, context.now, context, log);
  };

  const release = (bytes: number): void => {
    inFlight--;
    inFlightBytes -= bytes;
    if (!resume || inFlight >= inFlightLimit || inFlightBytes >= IN_FLIGHT_BYTES) return;
    const go = resume;
    resume = null;
    go();
  };

  /** A group commit settles hundreds of packets one after the other: their PUBACKs leave in one write. */
  const acknowledgeSoon = (): void => {
    if (flushing) return;
    flushing = true;
    setImmediate(() => {
      flushing = false;
      acknowledge();
    });
  };

  const acknowledge = (): void => {
    const bytes = current.connected ? waiting.take() : null;
    if (bytes) current.stream.write(bytes);
  };

  /** Ends a connection that is of no use as it is; the next one begins with what was not acknowledged. */
  const breakOff = (client: MqttClient): void => {
    brokenOff = true;
    client.stream.destroy();
  };

  const subscribe = (client: MqttClient, list: readonly string[]): Promise<void> =>
    new Promise((done) => {
      if (list.length === 0) {
        done();
        return;
      }
      client.subscribe([...list], { qos: 1 }, (error, _granted, suback) => {
        const answers = suback?.granted ?? [];
        // MQTT.js makes an error of one refused filter; the others stand all the same.
        if (answers.length === list.length) {
          list.forEach((filter, i) => {
            findings.granted(filter, Number(answers[i]));
          });
        } else if (!stopping) {
          log.error({ err: error, filters: list }, 'subscribing failed');
          // Without its subscriptions a connection is of no use; the next one tries again.
          filters = [];
          breakOff(client);
        }
        done();
      });
    });

  /** Once: a broker that ends the connection of one who asks for what it does not tell does so once. */
  const askSystem = (client: MqttClient): void => {
    if (systemAsked || !client.connected) return;
    systemAsked = true;
    client.subscribe(SYSTEM_FILTERS, { qos: 0 }, (error) => {
      if (error) log.debug({ err: error }, 'the broker tells nothing about itself');
    });
  };

  const open = (): MqttClient => {
    const { clientId, username, password, ca, cert, key } = access;
    const settings: IClientOptions = {
      clientId,
      clean: false,
      protocolVersion: version,
      reconnectPeriod: options.reconnectMs ?? 2_000,
      reconnectOnConnackError: true,
      connectTimeout: 10_000,
      // We look at sessionPresent ourselves (MQTT.js#895).
      resubscribe: false,
      manualConnect: true,
      queueQoSZero: false,
      // A name in the address would go before ours.
      query: {},
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(ca && { ca }),
      ...(cert && key && { cert, key }),
    };
    if (websocket) {
      settings.wsOptions = { maxPayload: WEBSOCKET_MESSAGE_BYTES, perMessageDeflate: false };
    }
    if (version === 5) {
      settings.properties = { sessionExpiryInterval: SESSION_SECONDS, receiveMaximum: inFlightLimit };
      if (websocket) settings.properties.maximumPacketSize = WEBSOCKET_MESSAGE_BYTES;
    }
    const client = connect(access.url, settings);
    const dial = client.connect.bind(client);
    let answered = false;
    let dialled = false;
    let held: NodeJS.Timeout | undefined;
    client.connect = () => {
      // One that was given up for an older version of MQTT may still have a reconnect on its timer.
      if (current !== client || stopping) return client;
      dial();
      // Here and not at the close, after which MQTT.js still hands over what it had parsed: message ids of
      // an old connection mean other packets on this one.
      waiting = new Unacknowledged();
      answered = false;
      brokenOff = false;
      const { stream } = client;
      // A websocket does not tell when it is open; that it failed comes as an error.
      dialled = !(stream instanceof Socket);
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
      return client;
    };
    client.handleMessage = (packet, next) => handle(client, packet, next);
    client.on('connect', (connack) => {
      answered = true;
      everAnswered = true;
      closedUnanswered = 0;
      log.info({ version, sessionPresent: connack.sessionPresent }, 'connected to the MQTT broker');
      findings.connected(connack, { sessionExpiry: SESSION_SECONDS });
      if (everConnected && !connack.sessionPresent) findings.sessionLost();
      const list = wanted();
      const missing = connack.sessionPresent ? list.filter((f) => !filters.includes(f)) : list;
      filters = list;
      held = setTimeout(() => findings.held(), HELD_MS).unref();
      void subscribe(client, missing).then(() => {
        // Not before: a session without subscriptions keeps nothing that could be lost.
        if (!client.connected) return;
        remember();
        askSystem(client);
      });
    });
    client.on('disconnect', (packet) => findings.disconnected(packet.reasonCode));
    client.on('close', () => {
      waiting = new Unacknowledged();
      clearTimeout(held);
      if (answered) findings.closed(brokenOff || stopping);
      const go = resume;
      resume = null;
      go?.();
      if (dialled && !answered && !everAnswered && version === 5 && ++closedUnanswered >= 2) olderVersion();
    });
    client.on('error', (error) => {
      log.warn({ err: error }, 'MQTT broker');
      if (websocket) dialled = false;
      const code = 'code' in error ? error.code : undefined;
      if (String(code) === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
        findings.messageTooLarge(WEBSOCKET_MESSAGE_BYTES);
      }
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

  const remember = (): void => {
    everConnected = true;
    try {
      options.remembered?.note();
    } catch (error) {
      log.warn({ err: error }, 'that the broker has a session of ours could not be noted');
    }
  };

  let current: MqttClient = open();

  return {
    stats: () => ({
      connected: current.connected,
      version,
      ...counts,
      sessionsLost: findings.sessionsLost,
      broker: findings.version,
      warnings: findings.list(),
    }),
    async refresh() {
      if (!current.connected) return; // the next connection subscribes to all of it
      const list = wanted();
      const left = filters.filter((f) => !list.includes(f));
      const added = list.filter((f) => !filters.includes(f));
      filters = list;
      if (left.length > 0) {
        await current.unsubscribeAsync(left);
        for (const filter of left) findings.left(filter);
      }
      await subscribe(current, added);
    },
    async stop() {
      if (stopping) return;
      stopping = true;
      const deadline = Date.now() + STOP_GRACE_MS;
      while (inFlight > 0 && Date.now() < deadline) await wait(5);
      acknowledge();
      if (current.connected) await Promise.race([current.endAsync(false), wait(500)]);
      current.end(true);
    },
  };
}
