import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setImmediate as turn, setTimeout as wait } from 'node:timers/promises';
import { Aedes, type Client, type PublishPacket } from 'aedes';
import { Acknowledgements, type InOrder } from './acknowledgements.ts';
import { deliverOnlyIf, forgetPayloads } from './aedes.ts';
import { type Doorkeeper, NO_RIGHTS, type Refusal, type Rights, restrict } from './broker-access.ts';
import { type DecodeContext, TOPIC_LIMIT } from './decode.ts';
import { Entrance } from './entrance.ts';
import { type Guard, guard } from './guard.ts';
import { readInTurn } from './in-turn.ts';
import type { IntakeLog } from './log.ts';
import type { Reply } from './packet.ts';
import type { Sink } from './port.ts';
import { questionsOf } from './profiles/replies.ts';
import { safeDecode } from './safe.ts';
import { listenTls, type TlsOptions } from './tls.ts';

export interface BrokerLimits {
  /** Connections at a time; beyond it one goes that is no client yet, or else the new one, and is counted. */
  connections: number;
  /** Subscriptions of one client. */
  subscriptions: number;
  /** Time that a client has for its CONNECT, ms. */
  connectMs: number;
  /** Of packets that may wait for their commit before no more are read beside them, of a connection. */
  aheadBytes: number;
  /** The same of all connections together. */
  allAheadBytes: number;
  /** Time that a client may leave its socket full before it is cut off, ms. */
  drainMs: number;
}

export const BROKER_LIMITS: BrokerLimits = {
  connections: 5_000,
  subscriptions: 100,
  connectMs: 10_000,
  aheadBytes: 256 * 1024,
  allAheadBytes: 64 * 1024 * 1024,
  drainMs: 10_000,
};

export interface BrokerOptions {
  host: string;
  /** 0: any free port. */
  port: number;
  /** Where MQTT without TLS listens, if not on the host; null: nowhere. */
  plainHost?: string | null;
  /** Also over TLS, on the host. */
  tls?: TlsOptions;
  sink: Sink;
  /** The estate and profiles in force now; asked for every packet. `now` is the server's clock. */
  context(): DecodeContext;
  /** Who may come in and what for; without it everybody for everything. */
  door?: Doorkeeper;
  limits?: Partial<BrokerLimits>;
  log: IntakeLog;
}

export interface BrokerStats {
  /** Clients connected now. */
  clients: number;
  /** PUBLISH packets that came in. */
  packets: number;
  /** Bytes that came in, framing included. */
  bytes: number;
  /** Packets over the limit, quarantined by their beginning. */
  oversize: number;
  /** Connections and publishes that were turned away. */
  refused: number;
  /** Messages that a subscriber was too slow for. */
  dropped: number;
}

export interface Broker {
  /** 0 where MQTT without TLS is off. */
  port: number;
  /** null without TLS. */
  tlsPort: number | null;
  stats(): BrokerStats;
  /** Stops accepting, waits for the appends in flight, tells their senders, closes; within 2 s. */
  stop(): Promise<void>;
}

/** What is known about one connection beyond what aedes keeps. */
interface Peer extends InOrder {
  guard: Guard;
  subscriptions: number;
  /** What it may do; null: everything. */
  rights: Rights | null;
  /** Name in the client certificate that it showed. */
  certificate: string | null;
  /** Of its CONNECT: the client id, '' where it leaves that to us, and the topic of its will. */
  asked: { clientId: string; will: string | null };
}

const APPEND_GRACE_MS = 1_500;
const CLOSE_GRACE_MS = 300;

/**
 * The embedded MQTT broker. A packet's readings are appended in `authorizePublish`, which aedes awaits before
 * it writes PUBACK or PUBREC; its `publish` events come after them and would be too late. An error of the sink
 * closes the connection, so the sender keeps what was not stored; a bad payload never does.
 *
 * It is an intake, not a general broker: nothing is retained, no session outlives its connection and nothing
 * is queued for those who are away, so its memory has a bound. Who subscribes gets what passes by.
 *
 * @throws Error when the port cannot be listened on.
 */
export async function startBroker(options: BrokerOptions): Promise<Broker> {
  const { sink, log, door } = options;
  const limits = { ...BROKER_LIMITS, ...options.limits };
  const counts = { packets: 0, bytes: 0, oversize: 0, refused: 0, dropped: 0 };
  const peers = new WeakMap<object, Peer>();
  const sockets = new Set<Socket>();
  const entrance = new Entrance(limits.connections);
  /** Connections that have asked for messages. */
  let subscribers = 0;
  let stopping = false;

  const authorizePublish = (
    client: Client | null,
    packet: PublishPacket,
    callback: (error?: Error | null) => void,
  ): void => {
    // No answer any more: the connection is about to close, and what is not acknowledged comes again.
    if (stopping) return;
    counts.packets++;
    if (packet.topic.startsWith('$') || packet.topic.length > TOPIC_LIMIT) {
      counts.refused++;
      callback(new Error(packet.topic.startsWith('$') ? 'topics with $ are reserved' : 'topic is too long'));
      return;
    }
    packet.retain = false;
    const peer = client ? peers.get(client.conn) : undefined;
    // Nothing is published by nobody but what aedes takes for a will that was left behind.
    const rights = peer ? peer.rights : door ? NO_RIGHTS : null;
    if (rights !== null && !rights.mayPublish(packet.topic)) {
      counts.refused++;
      const why = `it published to ${JSON.stringify(packet.topic)}, which is not its topic`;
      if (rights !== NO_RIGHTS) door?.trespassed(rights, addressOf(client), why);
      callback(new Error(why));
      return;
    }
    const payload = typeof packet.payload === 'string' ? Buffer.from(packet.payload) : packet.payload;
    const cut = peer?.guard.unwrap(payload);
    if (cut) {
      counts.oversize++;
      packet.payload = cut.payload;
    }
    const context = options.context();
    let decoded = safeDecode(
      cut
        ? { topic: packet.topic, payload: cut.payload, oversizeBytes: cut.bytes }
        : { topic: packet.topic, payload },
      context.now,
      context,
      log,
    );
    if (rights !== null && !rights.ownsAll(packet.topic)) {
      decoded = restrict(decoded, rights, packet.topic, context);
    }
    const { ignored, reply } = decoded;
    const arrived = { client, packet, peer: peer ?? null, reply, callback };
    if (ignored) acknowledgements.inTurn(arrived);
    else acknowledgements.after(sink.append(decoded.readings, decoded.rejects), arrived);
  };

  const acknowledgements = new Acknowledgements({
    aheadBytes: { ofOne: limits.aheadBytes, ofAll: limits.allAheadBytes },
    alone: () => subscribers === 0,
    answer: (reply) => answer(reply),
    failed: (client, error) =>
      log.error({ err: error, client: client?.id }, 'mqtt: readings not stored, the sender keeps them'),
  });

  const broker = await Aedes.createBroker({
    connectTimeout: limits.connectMs,
    drainTimeout: limits.drainMs,
    preConnect(client, packet, callback) {
      const peer = peers.get(client.conn);
      if (peer) peer.asked = { clientId: packet.clientId, will: packet.will?.topic ?? null };
      // A session that outlived its connection would have to be kept for every client id ever seen.
      packet.clean = true;
      callback(null, true);
    },
    authenticate(client, username, password, callback) {
      const peer = peers.get(client.conn);
      if (!door || !peer) {
        entrance.letIn(client.conn as Socket);
        return callback(null, true);
      }
      if (!sockets.has(client.conn as Socket)) return callback(refusal(5, 'it has left already'), null);
      const admitted = door.admit({
        username,
        password,
        from: addressOf(client),
        certificate: peer.certificate,
        ...peer.asked,
      });
      if ('why' in admitted) {
        counts.refused++;
        callback(refusal(admitted.code, admitted.why), null);
        return;
      }
      peer.rights = admitted.rights;
      entrance.letIn(client.conn as Socket);
      callback(null, true);
    },
    authorizePublish,
    authorizeSubscribe(client, subscription, callback) {
      const peer = peers.get(client.conn);
      if (peer?.rights && !mayHear(peer.rights, subscription.topic)) {
        counts.refused++;
        const why = `it subscribed to ${JSON.stringify(subscription.topic)}; a device hears its own answers only`;
        door?.trespassed(peer.rights, addressOf(client), why);
        callback(null, null);
        return;
      }
      if (subscription.topic.startsWith('$') || !peer || ++peer.subscriptions > limits.subscriptions) {
        counts.refused++;
        callback(null, null);
        return;
      }
      if (peer.subscriptions === 1) subscribers++;
      callback(null, subscription);
    },
    authorizeForward(client, packet) {
      // Waiting for a slow reader would hold up everybody who publishes.
      const waiting = client.conn.writableLength;
      if (waiting > 0 && waiting + packet.payload.length > client.conn.writableHighWaterMark) {
        counts.dropped++;
        return null;
      }
      return packet;
    },
  });
  forgetPayloads(broker);
  deliverOnlyIf(broker, () => subscribers > 0);
  broker.on('clientError', (client, error) => {
    log.debug({ client: client.id, err: error }, 'mqtt: client closed by an error');
  });
  broker.on('connectionError', (_client, error) => {
    log.debug({ err: error }, 'mqtt: connection closed before it was a client');
  });
  broker.addListener('error', (error: unknown) => log.error({ err: error }, 'mqtt: embedded broker failed'));

  /** A device may hear what it is answered, and nothing of others. */
  const mayHear = (rights: Rights, topic: string): boolean =>
    questionsOf(topic, options.context().profiles).some((asked) => rights.mayPublish(asked));
  const stopListening = door?.onChange(() => {
    for (const socket of sockets) {
      const peer = peers.get(socket);
      if (!peer?.rights || peer.rights === NO_RIGHTS || door.holds(peer.rights)) continue;
      door.left(peer.rights, socket.remoteAddress ?? '');
      // Its will is published when it is gone.
      peer.rights = NO_RIGHTS;
      socket.destroy();
    }
  });

  const answer = (reply: Reply): void => {
    const payload =
      typeof reply.payload === 'string' ? Buffer.from(reply.payload) : Buffer.from(reply.payload);
    broker.publish(
      { cmd: 'publish', topic: reply.topic, payload, qos: 0, dup: false, retain: false },
      (error) => {
        if (error) log.warn({ err: error, topic: reply.topic }, 'mqtt: answer to a device not sent');
      },
    );
  };

  const welcome = (socket: Socket, certificate: string | null): void => {
    if (stopping || socket.destroyed) {
      socket.destroy();
      return;
    }
    sockets.add(socket);
    // Of a socket that is closed nobody can tell any more.
    const from = socket.remoteAddress ?? '';
    socket.once('close', () => {
      sockets.delete(socket);
      const peer = peers.get(socket);
      if ((peer?.subscriptions ?? 0) > 0) subscribers--;
      if (peer?.rights) door?.left(peer.rights, from);
    });
    const watched = guard(socket, {
      expectConnect: true,
      onBytes: (count) => {
        counts.bytes += count;
      },
      onRefused: (why) => {
        counts.refused++;
        log.warn({ from: socket.remoteAddress, why }, 'mqtt: connection refused');
      },
    });
    const peer: Peer = {
      guard: watched,
      subscriptions: 0,
      last: null,
      waitingBytes: 0,
      rights: null,
      certificate,
      asked: { clientId: '', will: null },
    };
    peers.set(socket, peer);
    readInTurn(broker.handle(socket), socket, () => acknowledgements.isRoom(peer));
  };
  const arrive = (socket: Socket): void => {
    if (entrance.arrive(socket)) counts.refused++;
  };
  const onRefused = (why: string, from: string): void => {
    counts.refused++;
    if (door) door.turnedAway(from, why);
    else log.debug({ from, why }, 'mqtt: connection refused');
  };
  const tls = options.tls
    ? await listenTls({
        ...options.tls,
        host: options.host,
        backlog: limits.connections,
        onArrival: arrive,
        handshakeMs: limits.connectMs,
        onSocket: welcome,
        onRefused,
        log,
      })
    : null;
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 }, (socket) =>
    welcome(socket, null),
  );
  server.prependListener('connection', arrive);
  let port = 0;
  const plainHost = options.plainHost === undefined ? options.host : options.plainHost;
  if (plainHost !== null) {
    try {
      // After a power cut all gateways come at once; who does not fit into the queue waits for seconds.
      server.listen({ port: options.port, host: plainHost, backlog: limits.connections });
      await once(server, 'listening');
    } catch (error) {
      tls?.close();
      throw error;
    }
    ({ port } = server.address() as AddressInfo);
    log.info({ host: plainHost, port }, 'mqtt: embedded broker listens');
  }
  server.on('error', (error) => log.error({ err: error }, 'mqtt: listener failed'));

  return {
    port,
    tlsPort: tls?.port ?? null,
    stats: () => ({ clients: broker.connectedClients, ...counts }),
    async stop() {
      if (stopping) return;
      stopping = true;
      stopListening?.();
      tls?.close();
      server.close();
      const deadline = Date.now() + APPEND_GRACE_MS;
      while (acknowledgements.waiting > 0 && Date.now() < deadline) await wait(5);
      // aedes writes an acknowledgement one turn after its callback.
      await turn();
      await turn();
      for (const socket of sockets) socket.end();
      const closed = Date.now() + CLOSE_GRACE_MS;
      while (sockets.size > 0 && Date.now() < closed) await wait(5);
      for (const socket of sockets) socket.destroy();
      await Promise.race([new Promise<void>((done) => broker.close(done)), wait(100)]);
    },
  };
}

function refusal(returnCode: Refusal['code'], why: string): Error & { returnCode: Refusal['code'] } {
  return Object.assign(new Error(why), { returnCode });
}

function addressOf(client: Client | null): string {
  return (client?.conn as Socket | undefined)?.remoteAddress ?? '';
}
