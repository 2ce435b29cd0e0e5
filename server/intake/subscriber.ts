import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type IPublishPacket, type MqttClient } from 'mqtt';
import type { Reading } from '../domain/reading.ts';
import type { BrokerAccess } from './access.ts';
import { clientOptions, isWebsocket, SESSION_SECONDS, WEBSOCKET_MESSAGE_BYTES } from './client-options.ts';
import type { DecodeContext } from './decode.ts';
import { Deliveries } from './deliveries.ts';
import { Findings } from './findings.ts';
import { type Guard, guard } from './guard.ts';
import type { IntakeLog } from './log.ts';
import type { Decoded, Packet } from './packet.ts';
import type { Sink } from './port.ts';
import type { Remembered } from './remembered.ts';
import type { Roll } from './roll.ts';
import { safeDecode } from './safe.ts';
import { ofAnotherPart, shareOf } from './share.ts';
import { Subscriptions } from './subscriptions.ts';
import { whyNot } from './why-not.ts';

export interface SubscriberOptions {
  access: BrokerAccess;
  sink: Sink;
  /** The estate and profiles in force now. `now` is the server's clock. */
  context(): DecodeContext;
  log: IntakeLog;
  /** Whether the broker should know us already; without it, it should after the first connection. */
  remembered?: Remembered;
  /** Where several intakes divide the fleet (the context says which part this one is): who of them is there. */
  roll?: Roll;
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
  /** Why there is no connection, as far as it was told: refused, a certificate, a password. */
  trouble: string | null;
  /** What the broker says that it is; null where it does not. */
  broker: string | null;
  /** What loses readings or may, in sentences. */
  warnings: readonly string[];
}

export interface Subscriber {
  stats(): SubscriberStats;
  /** Subscribes to what the profiles in force ask for now, and leaves what they no longer do. */
  refresh(): Promise<void>;
  /**
   * Hands readings of another part's meter to that part, through the broker.
   * @throws Error when the broker has not confirmed that it has them
   */
  forward(meter: string, readings: readonly Pick<Reading, 'time' | 'value'>[]): Promise<void>;
  /** Waits for the commits in flight, acknowledges them, disconnects; within 2.5 s. */
  stop(): Promise<void>;
}

export const NATIVE_FILTERS: readonly string[] = ['meters/+/readings', 'gateways/+/readings'];
const IN_FLIGHT = 1_000;
const UNSUPPORTED_VERSION = new Set([1, 0x84]);
const STOP_GRACE_MS = 1_500;
const FORWARD_MS = 10_000;
/** A connection that has lasted so long is a good one. */
const HELD_MS = 60_000;

/** Tells MQTT.js to go on to the next packet without acknowledging this one; we do that after the commit. */
const WITHHELD = new Error('acknowledged after the commit');

const NOTHING: Decoded = { readings: [], rejects: [], ignored: true, reply: null };
const EMPTY = Buffer.alloc(0);

/**
 * Takes readings from a broker that is there already. A PUBACK leaves after the commit, in the order of
 * arrival, with many packets in flight; what the sink could not store is not acknowledged, and the connection
 * is made anew so that the broker sends it again. Starts in the background and keeps trying.
 */
export function startSubscriber(options: SubscriberOptions): Subscriber {
  const { access, sink, log } = options;
  const inFlightLimit = Math.min(options.inFlight ?? IN_FLIGHT, 65_535);
  const websocket = isWebsocket(access);
  const roll = options.roll ?? null;
  const counts = { packets: 0, bytes: 0, oversize: 0, refused: 0 };
  const findings = new Findings(
    access.clientId,
    (finding) => log.warn({ broker: access.url, finding }, 'mqtt: finding about the broker'),
    () => options.context().now,
    options.remembered?.dropped() ?? null,
    (dropped) => {
      try {
        options.remembered?.noteDropped(dropped);
      } catch (error) {
        log.warn({ err: error }, 'mqtt: what the broker has dropped could not be noted');
      }
    },
  );
  let version: 4 | 5 = 5;
  let stopping = false;
  let everAnswered = false;
  let closedUnanswered = 0;
  let watched: Guard | null = null;
  let brokenOff = false;
  /** Why there is no connection, as far as it was told. */
  let trouble: string | null = null;

  const deliveries = new Deliveries({
    sink,
    limit: inFlightLimit,
    write: (bytes) => {
      if (current.connected) current.stream.write(bytes);
    },
    failed: (error) => {
      log.error({ err: error }, 'mqtt: readings not stored, the broker keeps them');
      breakOff(current);
    },
  });

  const subscriptions = new Subscriptions({
    wanted: () => [...new Set([...NATIVE_FILTERS, ...options.context().profiles.filters()])],
    ...{ findings, roll, log },
    remembered: options.remembered ?? null,
    breakOff: (client) => breakOff(client),
  });

  const handle = (client: MqttClient, packet: IPublishPacket, next: (error?: Error) => void): void => {
    if (stopping) return;
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    if (packet.topic.startsWith('$')) {
      findings.system(packet.topic, payload);
      next();
      return;
    }
    const messageId = packet.qos > 0 ? (packet.messageId ?? 0) : null;
    const go = (): void => next(messageId === null ? undefined : WITHHELD);
    if (roll?.heard(packet.topic, payload)) {
      deliveries.take(NOTHING, messageId, 0, go);
      return;
    }
    counts.packets++;
    counts.bytes += payload.length;
    const decoded = read(packet, payload);
    const { reply } = decoded;
    if (reply) {
      client.publish(reply.topic, Buffer.from(reply.payload), { qos: 0 }, (error) => {
        if (error) log.warn({ err: error, topic: reply.topic }, 'mqtt: answer to a device not sent');
      });
    }
    deliveries.take(decoded, messageId, payload.length, go);
  };

  const read = (packet: IPublishPacket, payload: Buffer): Decoded => {
    const context = options.context();
    const cut = watched?.unwrap(payload);
    if (cut) counts.oversize++;
    if (context.part && ofAnotherPart(packet.topic, context.part)) return NOTHING;
    const whole: Packet = cut
      ? { topic: packet.topic, payload: cut.payload, oversizeBytes: cut.bytes }
      : { topic: packet.topic, payload, retained: packet.retain };
    return shareOf(safeDecode(whole, context.now, context, log), context);
  };

  /** Ends a connection that is of no use as it is; the next one begins with what was not acknowledged. */
  const breakOff = (client: MqttClient): void => {
    brokenOff = true;
    client.stream.destroy();
  };

  const open = (): MqttClient => {
    const client = connect(access.url, {
      ...clientOptions(access, version, inFlightLimit),
      reconnectPeriod: options.reconnectMs ?? 2_000,
      ...(roll && { will: { topic: roll.topic, payload: EMPTY, qos: 1 as const, retain: true } }),
    });
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
      deliveries.renew();
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
          log.warn({ why }, 'mqtt: connection to the broker broken off');
        },
      });
      return client;
    };
    client.handleMessage = (packet, next) => handle(client, packet, next);
    client.on('connect', (connack) => {
      answered = true;
      everAnswered = true;
      trouble = null;
      closedUnanswered = 0;
      log.info({ version, session_present: connack.sessionPresent }, 'mqtt: connected to the broker');
      findings.connected(connack, { sessionExpiry: SESSION_SECONDS });
      held = setTimeout(() => findings.held(), HELD_MS).unref();
      void subscriptions.connected(client, connack.sessionPresent);
    });
    client.on('disconnect', (packet) => findings.disconnected(packet.reasonCode));
    client.on('close', () => {
      deliveries.renew();
      clearTimeout(held);
      if (answered) findings.closed(brokenOff || stopping);
      deliveries.letGo();
      if (dialled && !answered && !everAnswered && version === 5 && ++closedUnanswered >= 2) olderVersion();
    });
    client.on('error', (error) => {
      const why = whyNot(error, access);
      // It is tried again every two seconds, for hours where it has to be.
      if (why !== trouble) log.warn({ err: error, why }, 'mqtt: connection to the broker failed');
      trouble = why;
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
      log.info({}, 'mqtt: the broker knows no MQTT 5, going on with 3.1.1');
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
    stats: () => ({
      connected: current.connected,
      version,
      ...counts,
      sessionsLost: findings.sessionsLost,
      trouble: current.connected ? null : trouble,
      broker: findings.version,
      warnings: [...findings.list(), ...(roll?.list() ?? [])],
    }),
    async forward(meter, readings) {
      if (!current.connected) throw new Error('the broker is not reached, by which other parts are');
      const payload = JSON.stringify(readings.map(({ time, value }) => ({ time, value })));
      await Promise.race([
        current.publishAsync(`meters/${meter}/readings`, payload, { qos: 1 }),
        wait(FORWARD_MS, undefined, { ref: false }).then(() => {
          throw new Error(`the broker has not taken readings for another part within ${FORWARD_MS} ms`);
        }),
      ]);
    },
    async refresh() {
      if (!current.connected) return; // the next connection subscribes to all of it
      await subscriptions.refresh(current);
    },
    async stop() {
      if (stopping) return;
      stopping = true;
      const deadline = Date.now() + STOP_GRACE_MS;
      while (deliveries.inFlight > 0 && Date.now() < deadline) await wait(5);
      deliveries.acknowledge();
      if (current.connected) {
        if (roll) current.publish(roll.topic, EMPTY, { qos: 0, retain: true });
        await Promise.race([current.endAsync(false), wait(500)]);
      }
      current.end(true);
    },
  };
}
