import { namePart, type Part, parsePart } from './part.ts';

/** Under this topic each part says, as a retained message, that it is there and of how many. */
const PREFIX = 'jieneng/intake/';
/** Time that the others have to be told of after a connection. */
const GRACE_MS = 15_000;

/**
 * The roll of the parts that are connected. Parts that disagree about how many they are would leave meters to
 * nobody, and a part that has never been there has no session in which readings wait for it: both must be seen.
 * A part's will takes its word back when its connection ends.
 */
export class Roll {
  readonly #part: Part;
  readonly #name: string;
  readonly #others = new Map<number, Part>();
  #since: number | null = null;

  /** @param name of the fleet's intakes together: the client id without the part */
  constructor(part: Part, name: string) {
    this.#part = part;
    this.#name = name;
  }

  get filter(): string {
    return `${PREFIX}${this.#name}/+`;
  }

  get topic(): string {
    return `${PREFIX}${this.#name}/${this.#part.index}`;
  }

  /** What stands there while we are connected; an empty message takes it back. */
  get word(): string {
    return namePart(this.#part);
  }

  /** @returns whether the message was of the roll */
  heard(topic: string, payload: Uint8Array): boolean {
    const before = `${PREFIX}${this.#name}/`;
    if (!topic.startsWith(before)) return false;
    const index = Number(topic.slice(before.length));
    const said = parsePart(Buffer.from(payload).toString('latin1', 0, 8));
    if (!Number.isInteger(index) || index === this.#part.index) return true;
    if (said?.index === index) this.#others.set(index, said);
    else this.#others.delete(index);
    return true;
  }

  connected(): void {
    this.#others.clear();
    this.#since = performance.now();
  }

  /** What is wrong with the parts, in sentences. */
  list(): string[] {
    if (this.#since === null) return [];
    const out: string[] = [];
    const me = this.word;
    for (const other of this.#others.values()) {
      if (other.of === this.#part.of) continue;
      out.push(
        `an intake is part ${namePart(other)} and this one is ${me}: all must have the same number of parts, ` +
          'or readings are taken by nobody',
      );
    }
    if (performance.now() - this.#since < GRACE_MS) return out;
    for (let index = 1; index <= this.#part.of; index++) {
      if (index === this.#part.index || this.#others.has(index)) continue;
      out.push(
        `part ${namePart({ index, of: this.#part.of })} of the intake is not connected: ` +
          'the broker keeps the readings of its meters, if it was connected before',
      );
    }
    return out;
  }
}
