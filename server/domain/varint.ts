/** Whole numbers in as few bytes as they need, seven bits in each, the lowest first. */
export class ByteWriter {
  #bytes: Uint8Array;
  #view: DataView;
  length = 0;

  /** @param capacity bytes to begin with; it grows */
  constructor(capacity = 256) {
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  byte(n: number): void {
    if (this.length === this.#bytes.length) this.#grow();
    this.#bytes[this.length++] = n;
  }

  /** @throws RangeError when it is no safe whole number from 0 on */
  whole(n: number): void {
    if (!Number.isSafeInteger(n) || n < 0) throw new RangeError(`${n} is not a whole number`);
    // Eight bytes hold 2^53.
    if (this.length + 8 > this.#bytes.length) this.#grow();
    let rest = n;
    for (; rest >= 2 ** 31; rest = Math.floor(rest / 128)) this.#bytes[this.length++] = (rest % 128) | 128;
    for (; rest >= 128; rest >>>= 7) this.#bytes[this.length++] = (rest & 127) | 128;
    this.#bytes[this.length++] = rest;
  }

  double(n: number): void {
    if (this.length + 8 > this.#bytes.length) this.#grow();
    this.#view.setFloat64(this.length, n);
    this.length += 8;
  }

  /** Changes a byte that was written before. */
  set(at: number, n: number): void {
    this.#bytes[at] = n;
  }

  /** A copy of what was written. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  #grow(): void {
    const larger = new Uint8Array(Math.max(64, this.#bytes.length * 2));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}

/** Reads what a `ByteWriter` wrote. Each method throws an Error when the bytes end before it does. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get done(): boolean {
    return this.#at >= this.#bytes.byteLength;
  }

  byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw new Error(`${this.#bytes.byteLength} bytes end too early`);
    return byte;
  }

  whole(): number {
    let n = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.byte();
      n += (byte & 127) * factor;
      if (byte < 128) return n;
    }
  }

  double(): number {
    const at = this.#at;
    if (at + 8 > this.#bytes.byteLength) throw new Error(`${this.#bytes.byteLength} bytes end too early`);
    this.#at += 8;
    return this.#view.getFloat64(at);
  }
}
