import type { IConnackPacket } from 'mqtt';
import { PACKET_LIMIT_BYTES } from '../domain/reading.ts';

/** What the broker was asked for in our CONNECT. */
export interface Asked {
  /** s */
  sessionExpiry: number;
}

/** How long a lost session stands on the health page. */
const LOST_SHOWN_MS = 86_400_000;
/** Connections in a row that end so soon after they were accepted look like two clients of one name. */
const SHORT_MS = 15_000;
const SHORT_IN_A_ROW = 3;
/** Reasons in a broker's DISCONNECT that somebody has to see. */
const SESSION_TAKEN_OVER = 0x8e;
const DISCONNECTS = new Map([
  [0x87, 'not authorized'],
  [0x93, 'more packets at a time than it was told it may send'],
  [0x95, 'a packet too large for it'],
  [0x97, 'a quota is used up'],
  [0x98, 'an administrator'],
  [0x9c, 'it wants another server to be used'],
  [0x9d, 'it has moved to another server'],
]);

/**
 * What a broker has been found to do that loses readings or may, in sentences for the health page and the log.
 * Only what a client can see: whether a broker writes to disk, and how much it queues, it does not tell.
 */
export class Findings {
  readonly #clientId: string;
  readonly #warn: (finding: string) => void;
  readonly #now: () => number;
  /** By what was looked at, so that a later answer takes the place of an earlier one. */
  readonly #found = new Map<string, string>();
  #lost = 0;
  #lostAt: number | null = null;
  #acceptedAt: number | null = null;
  #short = 0;
  #dropped: number | null = null;
  #version: string | null = null;

  readonly #counted: (dropped: number) => void;

  /**
   * @param now the server's clock, epoch ms
   * @param before what the broker had dropped by its own count when this program last looked; null: not known
   * @param counted told of that count, for the next start
   */
  constructor(
    clientId: string,
    warn: (finding: string) => void,
    now: () => number,
    before: number | null = null,
    counted: (dropped: number) => void = () => {},
  ) {
    this.#clientId = clientId;
    this.#warn = warn;
    this.#now = now;
    this.#dropped = before;
    this.#counted = counted;
  }

  /** What the broker says of itself under `$SYS`; null where it does not. */
  get version(): string | null {
    return this.#version;
  }

  get sessionsLost(): number {
    return this.#lost;
  }

  list(): string[] {
    const out = [...this.#found.values()];
    if (this.#lostAt !== null && this.#now() - this.#lostAt < LOST_SHOWN_MS) {
      out.push(
        `the broker had forgotten our session ${this.#lost === 1 ? 'once' : `${this.#lost} times`}, ` +
          `last at ${new Date(this.#lostAt).toISOString()}: readings of the time before may be missing; ` +
          'it must keep sessions on disk (persistence)',
      );
    }
    return out;
  }

  connected(connack: IConnackPacket, asked: Asked): void {
    this.#acceptedAt = performance.now();
    const granted = connack.properties;
    const expiry = granted?.sessionExpiryInterval ?? asked.sessionExpiry;
    this.#set(
      'expiry',
      expiry < asked.sessionExpiry
        ? `the broker keeps our session for ${expiry} s after a disconnection, ${asked.sessionExpiry} s are asked for: ` +
            'readings of a longer pause are lost'
        : null,
    );
    const qos = granted?.maximumQoS ?? 2;
    this.#set(
      'qos',
      qos < 1 ? 'the broker delivers at QoS 0 only: what is lost on the way does not come again' : null,
    );
    this.#set(
      'wildcards',
      (granted?.wildcardSubscriptionAvailable ?? true)
        ? null
        : 'the broker allows no wildcards in subscriptions, which the topics of meters need',
    );
    const size = granted?.maximumPacketSize ?? PACKET_LIMIT_BYTES;
    this.#set(
      'size',
      size < PACKET_LIMIT_BYTES
        ? `the broker takes packets of at most ${size} bytes; gateways may send up to ${PACKET_LIMIT_BYTES}`
        : null,
    );
  }

  /** @param ours whether we have ended the connection ourselves */
  closed(ours: boolean): void {
    const accepted = this.#acceptedAt;
    this.#acceptedAt = null;
    if (accepted === null || ours) return;
    this.#short = performance.now() - accepted < SHORT_MS ? this.#short + 1 : 0;
    this.#set(
      'short',
      this.#short >= SHORT_IN_A_ROW && !this.#found.has('disconnect')
        ? `the broker ends our connections soon after it has accepted them, ${SHORT_IN_A_ROW} times and more: ` +
            `is another client connected as ${this.#clientId}?`
        : null,
    );
  }

  /** The connection holds: what was said about connections that do not is over. */
  held(): void {
    this.#short = 0;
    this.#set('short', null);
    this.#set('disconnect', null);
  }

  sessionLost(): void {
    this.#lost++;
    this.#lostAt = this.#now();
    this.#warn('the broker has forgotten our session; messages in between may be missing');
  }

  /** A DISCONNECT of the broker's. @param code of MQTT 5 */
  disconnected(code: number | undefined): void {
    if (code === SESSION_TAKEN_OVER) {
      this.#set('disconnect', `another client has connected as ${this.#clientId} and taken our session over`);
    } else if (code !== undefined && DISCONNECTS.has(code)) {
      this.#set('disconnect', `the broker has ended the connection: ${DISCONNECTS.get(code)}`);
    }
  }

  /** What a subscription was granted: the QoS, or 128 and above where it was refused. */
  granted(filter: string, qos: number): void {
    this.#set(
      `filter ${filter}`,
      qos >= 128
        ? `the broker refuses the subscription ${filter}`
        : qos < 1
          ? `the broker grants ${filter} at QoS 0 only: what is lost on the way does not come again`
          : null,
    );
  }

  left(filter: string): void {
    this.#set(`filter ${filter}`, null);
  }

  /** @param bytes what one message over a websocket may have */
  messageTooLarge(bytes: number): void {
    this.#set(
      'message',
      `the broker sends messages of more than ${bytes} bytes over its websocket, which ends the connection: ` +
        'limit the size of a packet there, or use mqtt:// or mqtts://',
    );
  }

  /** A message under `$SYS`, by which brokers tell about themselves. */
  system(topic: string, payload: Uint8Array): void {
    const text = Buffer.from(payload).toString('utf8').slice(0, 100);
    if (topic.endsWith('/version')) this.#version = text;
    else if (topic === DROPPED) {
      if (!/^\d{1,15}$/.test(text)) return;
      const count = Number(text);
      this.#dropped ??= count;
      // A broker that was started anew counts from 0.
      if (count < this.#dropped) this.#dropped = 0;
      const since = count - this.#dropped;
      this.#counted(count);
      if (since > 0) {
        this.#set(
          'dropped',
          `the broker has dropped ${since} messages of some client since we look, also while we were away: ` +
            'its queues are too short for a pause (max_queued_messages)',
        );
      }
    }
  }

  #set(what: string, finding: string | null): void {
    const before = this.#found.get(what);
    if (finding === null) this.#found.delete(what);
    else this.#found.set(what, finding);
    // A number that grows is told once.
    if (finding !== null && before === undefined) this.#warn(finding);
  }
}

/** mosquitto's count of messages that found a full queue. */
export const DROPPED = '$SYS/broker/publish/messages/dropped';
/** What is asked for once: mosquitto tells the first and the last, EMQX the second. */
export const SYSTEM_FILTERS = ['$SYS/broker/version', '$SYS/brokers/+/version', DROPPED];
