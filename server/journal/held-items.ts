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
  readonly #ids = Array.from({ length: PLACES }, () => new Set<number>());
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
    this.#ids[place]?.add(item.id);
    this.#count(place, 1, item.bytes);
  }

  remove(item: HeldItem): void {
    const place = placeOf(item);
    if (this.#ids[place]?.delete(item.id)) this.#count(place, -1, -item.bytes);
  }

  /** The item that has to go now; null: there is room for all. */
  tooMany(): number | null {
    if (this.#items > this.#most.items) return this.#oldestOfMost(this.#itemsOf);
    return this.#bytes > this.#most.bytes ? this.#oldestOfMost(this.#bytesOf) : null;
  }

  #oldestOfMost(counts: Float64Array): number | null {
    let most = 0;
    for (let place = 1; place < PLACES; place++) {
      if ((counts[place] as number) > (counts[most] as number)) most = place;
    }
    return this.#ids[most]?.values().next().value ?? null;
  }

  #count(place: number, items: number, bytes: number): void {
    this.#items += items;
    this.#bytes += bytes;
    this.#itemsOf[place] = (this.#itemsOf[place] as number) + items;
    this.#bytesOf[place] = (this.#bytesOf[place] as number) + bytes;
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
