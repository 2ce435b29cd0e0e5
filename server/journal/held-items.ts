/** So many senders are told apart; some then share a place, which costs them only what they share it with. */
const PLACES = 4096;

/** What quarantine holds, in the order in which it came. */
export interface HeldItem {
  id: number;
  /** As in `Reject`. */
  source: string;
  meter: string | null;
  /** Of the payload. */
  bytes: number;
}

/**
 * Who has how much in quarantine, kept beside the table because counting it reads all of it. Where something has to go
 * it is the oldest of whoever has most: a gateway that sends rubbish at full rate pushes out its own rubbish, and not
 * the conflict, or the reading ahead of time, of somebody else.
 */
export class HeldItems {
  readonly #most: { items: number; bytes: number };
  readonly #queues = Array.from({ length: PLACES }, () => new Queue());
  readonly #itemsOf = new Float64Array(PLACES);
  readonly #bytesOf = new Float64Array(PLACES);
  #items = 0;
  #bytes = 0;

  constructor(most: { items: number; bytes: number }, held: Iterable<HeldItem>) {
    this.#most = most;
    for (const item of held) this.add(item);
  }

  add(item: HeldItem): void {
    const place = placeOf(item);
    this.#queues[place]?.add({ id: item.id, bytes: item.bytes });
    this.#count(place, 1, item.bytes);
  }

  /** One that somebody took out. */
  released(item: HeldItem): void {
    const place = placeOf(item);
    this.#queues[place]?.leave(item.id);
    this.#count(place, -1, -item.bytes);
  }

  /** Takes out those that have to go now, as many as are of one sender; none: there is room for all. */
  next(): number[] {
    const isTooMany = this.#items > this.#most.items;
    if (!isTooMany && this.#bytes <= this.#most.bytes) return [];
    const place = largest(isTooMany ? this.#itemsOf : this.#bytesOf);
    const over = isTooMany ? this.#items - this.#most.items : 1;
    // Not so many that he would soon have less than others: they stay those who have most.
    const share = Math.ceil((this.#itemsOf[place] as number) / 8);
    const gone = this.#queues[place]?.take(Math.min(over, share)) ?? [];
    for (const { bytes } of gone) this.#count(place, -1, -bytes);
    return gone.map(({ id }) => id);
  }

  #count(place: number, items: number, bytes: number): void {
    this.#items += items;
    this.#bytes += bytes;
    this.#itemsOf[place] = (this.#itemsOf[place] as number) + items;
    this.#bytesOf[place] = (this.#bytesOf[place] as number) + bytes;
  }
}

function largest(counts: Float64Array): number {
  let most = 0;
  for (let place = 1; place < counts.length; place++) {
    if ((counts[place] as number) > (counts[most] as number)) most = place;
  }
  return most;
}

type Held = Pick<HeldItem, 'id' | 'bytes'>;

/** Items in the order in which they came, of which some leave from the middle. */
class Queue {
  #items: Held[] = [];
  #first = 0;
  readonly #left = new Set<number>();

  add(item: Held): void {
    this.#items.push(item);
  }

  leave(id: number): void {
    this.#left.add(id);
    // Not for each: it costs as much as there are.
    if (this.#left.size * 2 > this.#items.length - this.#first) this.#tidy();
  }

  /** The oldest, at most so many. */
  take(most: number): Held[] {
    const taken: Held[] = [];
    while (taken.length < most) {
      const item = this.#items[this.#first];
      if (!item) break;
      this.#first++;
      if (!this.#left.delete(item.id)) taken.push(item);
    }
    if (this.#first * 2 > this.#items.length) this.#tidy();
    return taken;
  }

  #tidy(): void {
    this.#items = this.#items.slice(this.#first).filter(({ id }) => !this.#left.has(id));
    this.#first = 0;
    this.#left.clear();
  }
}

/**
 * By the first two levels of the topic, `gateways/gw-1`, since a device may invent what stands below its own; by the
 * file of an import, whatever the line; by the meter for what the ledger puts away.
 */
function placeOf({ source, meter }: HeldItem): number {
  const levels = source.replace(/:\d+$/, '').split('/', 2);
  const sender = source === 'ledger' ? (meter ?? '') : levels.join('/');
  let hash = 0x811c9dc5;
  for (let i = 0; i < sender.length; i++) hash = Math.imul(hash ^ sender.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 15)) >>> 0) % PLACES;
}
