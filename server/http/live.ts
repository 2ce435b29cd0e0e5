import { quantityUnit } from '../domain/consumption.ts';
import type { Estate } from '../domain/estate.ts';
import type { Stored } from '../ledger/stored.ts';
import type { HttpDeps } from './deps.ts';
import { Mailbox } from './mailbox.ts';
import type { LiveReading } from './schemas/readings.ts';

export interface LiveSettings {
  maxClients: number;
  /** Meters of which a client may have news waiting. */
  mailbox: number;
  /** How long a client may leave what was sent to it untaken before it is dropped, ms. */
  deadlineMs: number;
  accountMs: number;
}

const DEFAULTS: LiveSettings = { maxClients: 1000, mailbox: 1000, deadlineMs: 20_000, accountMs: 2000 };

/** Who watches, and what. */
export interface Watching {
  /** Only meters at it and below; null: all that may be seen. */
  node: string | null;
  /** Where figures may be seen, as `reachOf` has it. */
  reach: 'all' | readonly string[];
  /** Whether the account of everything that arrives is told too. */
  account: boolean;
  /** Of the sign-in that the stream lives on; null: of none. */
  session: string | null;
  /** Whose streams are counted together: the id of a person; empty: the operator's. */
  who: string;
}

interface Client extends Watching {
  mailbox: Mailbox;
  /** The meters that it watches, for the estate that they were looked up in. */
  estate: Estate | null;
  meters: ReadonlySet<number>;
}

/** What the hub needs of the rooms. */
type LiveDeps = Pick<HttpDeps, 'wholeEstate' | 'ledger' | 'journal' | 'signal' | 'log' | 'now'>;

/** Hands what the ledger has stored to everybody who watches; one listener and one clock for all. */
export class LiveHub {
  readonly #deps: LiveDeps;
  readonly #settings: LiveSettings;
  readonly #clients = new Set<Client>();
  #unsubscribe: (() => void) | null = null;
  #timer: NodeJS.Timeout | null = null;
  /** Clients that were sent away because they took nothing any more. */
  dropped = 0;

  constructor(deps: LiveDeps, settings: Partial<LiveSettings> = {}) {
    this.#deps = deps;
    this.#settings = { ...DEFAULTS, ...settings };
    deps.signal.addEventListener('abort', () => this.#end(), { once: true });
  }

  get clients(): number {
    return this.#clients.size;
  }

  get limit(): number {
    return this.#settings.maxClients;
  }

  get full(): boolean {
    return this.#clients.size >= this.#settings.maxClients || this.#deps.signal.aborted;
  }

  /**
   * Whether somebody may have one more stream. Where all are taken, whoever has most of them, and by more than one more
   * than he who asks, gives up his oldest: no single person keeps the others from seeing what happens.
   */
  admits(who: string): boolean {
    if (!this.full) return true;
    if (this.#deps.signal.aborted) return false;
    const counts = new Map<string, number>();
    for (const client of this.#clients) counts.set(client.who, (counts.get(client.who) ?? 0) + 1);
    const [most = '', count = 0] = [...counts].sort(([, a], [, b]) => b - a)[0] ?? [];
    if (count <= (counts.get(who) ?? 0) + 1) return false;
    const oldest = [...this.#clients].find((client) => client.who === most);
    oldest?.mailbox.end();
    return true;
  }

  /**
   * A stream of events for one more client.
   * @param drop ends the client's connection, for when it takes nothing any more
   */
  open(watching: Watching, drop: () => void): ReadableStream<Uint8Array> {
    const client: Client = {
      ...watching,
      estate: null,
      meters: new Set(),
      mailbox: this.#mailbox(() => close(), drop),
    };
    const close = (): void => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.#sleep();
    };
    this.#clients.add(client);
    this.#wake();
    const { zone } = this.#deps.wholeEstate();
    const hello = { now: zone.iso(this.#deps.now()), node: watching.node };
    client.mailbox.put('hello', 'hello', JSON.stringify(hello));
    if (client.account) {
      client.mailbox.put('account', 'account', JSON.stringify(this.#deps.journal.account()));
    }
    return client.mailbox.stream;
  }

  /** Ends the streams of sign-ins that are over, or whose rights are others now. */
  end(sessions: ReadonlySet<string>): void {
    for (const { session, mailbox } of [...this.#clients]) {
      if (session !== null && sessions.has(session)) mailbox.end();
    }
  }

  #mailbox(closed: () => void, drop: () => void): Mailbox {
    const { mailbox, deadlineMs } = this.#settings;
    const dropped = (): void => {
      this.dropped++;
      drop();
    };
    return new Mailbox({ size: mailbox, deadlineMs, closed, drop: dropped });
  }

  #wake(): void {
    this.#unsubscribe ??= this.#deps.ledger.onStored((stored) => this.#publish(stored));
    this.#timer ??= setInterval(() => this.#publishAccount(), this.#settings.accountMs);
  }

  #sleep(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = null;
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
  }

  #publish(stored: readonly Stored[]): void {
    const estate = this.#deps.wholeEstate();
    const clients = [...this.#clients];
    for (const client of clients) look(client, estate);
    for (const one of stored) {
      const { no } = one.meter;
      let text: string | null = null;
      for (const client of clients) {
        if (!seesAll(client) && !client.meters.has(no)) continue;
        text ??= JSON.stringify(liveReading(estate, one));
        client.mailbox.put(`reading ${no}`, 'reading', text);
      }
    }
  }

  #publishAccount(): void {
    let text: string;
    try {
      text = JSON.stringify(this.#deps.journal.account());
    } catch (error) {
      this.#deps.log.error({ err: error }, 'live: no account');
      return;
    }
    for (const { account, mailbox } of this.#clients) {
      if (account) mailbox.put('account', 'account', text);
    }
  }

  #end(): void {
    for (const { mailbox } of [...this.#clients]) mailbox.end();
    this.#sleep();
  }
}

/** Which meters a client watches, looked up again when the estate has changed. */
function look(client: Client, whole: Estate): void {
  if (seesAll(client) || client.estate === whole) return;
  client.estate = whole;
  const seen = client.reach === 'all' ? whole : whole.cut(client.reach);
  const meters = client.node === null ? seen.meters : seen.metersBelow(client.node);
  client.meters = new Set(meters.map((m) => m.no));
}

function seesAll({ node, reach }: Watching): boolean {
  return node === null && reach === 'all';
}

function liveReading(estate: Estate, { meter, reading, advance, rate }: Stored): LiveReading {
  return {
    meter: meter.id,
    name: meter.name,
    node: meter.node,
    carrier: meter.carrier,
    unit: quantityUnit(meter),
    time: estate.zone.iso(reading.time),
    value: reading.value,
    advance,
    rate,
  };
}
