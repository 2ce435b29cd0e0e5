/** A PUBLISH that has been handed on; `settled` when its PUBACK may leave. */
export interface Entry {
  messageId: number;
  settled: boolean;
}

const PUBACK = 0x40;

/** QoS 1 packets of one connection between their arrival and their PUBACK. */
export class Unacknowledged {
  readonly #entries: Entry[] = [];
  /** Entries before this one have left. */
  #first = 0;

  add(messageId: number): Entry {
    const entry: Entry = { messageId, settled: false };
    this.#entries.push(entry);
    return entry;
  }

  /**
   * The PUBACKs that may leave now, which MQTT wants in the order of the packets; null when there is none.
   * Four bytes each, the same in MQTT 3.1.1 and 5 (which leaves the reason out where it is success).
   */
  take(): Buffer | null {
    const entries = this.#entries;
    let end = this.#first;
    while (end < entries.length && entries[end]?.settled) end++;
    const count = end - this.#first;
    if (count === 0) return null;
    const bytes = Buffer.allocUnsafe(4 * count);
    for (let i = 0; i < count; i++) {
      bytes[4 * i] = PUBACK;
      bytes[4 * i + 1] = 2;
      bytes.writeUInt16BE((entries[this.#first + i] as Entry).messageId, 4 * i + 2);
    }
    this.#first = end;
    // Now and then, and not each time: moving what remains costs as much as there is of it.
    if (this.#first > 1024 || this.#first === entries.length) {
      entries.splice(0, this.#first);
      this.#first = 0;
    }
    return bytes;
  }
}
