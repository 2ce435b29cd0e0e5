/** Reads the wire format of Protocol Buffers field by field, never beyond the bytes it was given. */
export class ProtoReader {
  field = 0;
  wire = 0;
  #at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Moves to the next field; false at the end. @throws Error when the tag is broken. */
  next(): boolean {
    if (this.#at >= this.#bytes.length) return false;
    const tag = this.varint();
    this.field = Math.floor(tag / 8);
    this.wire = tag % 8;
    if (this.field === 0) throw new Error(`no field at byte ${this.#at}`);
    return true;
  }

  varint64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asUintN(64, value);
    }
    throw new Error(`number without end at byte ${this.#at}`);
  }

  /** As a double, which is exact up to 2^53. */
  varint(): number {
    return Number(this.varint64());
  }

  bytes(): Uint8Array {
    const length = this.varint();
    const from = this.#at;
    this.#move(length);
    return this.#bytes.subarray(from, from + length);
  }

  text(): string {
    const bytes = this.bytes();
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  }

  float(): number {
    const from = this.#at;
    this.#move(4);
    return this.#view.getFloat32(from, true);
  }

  double(): number {
    const from = this.#at;
    this.#move(8);
    return this.#view.getFloat64(from, true);
  }

  /** Passes over the field. @throws Error for groups, which Sparkplug does not use. */
  skip(): void {
    if (this.wire === 0) this.varint64();
    else if (this.wire === 1) this.#move(8);
    else if (this.wire === 2) this.bytes();
    else if (this.wire === 5) this.#move(4);
    else throw new Error(`wire type ${this.wire} at byte ${this.#at}`);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new Error(`ends at byte ${this.#at} in the middle of a field`);
    this.#at++;
    return byte;
  }

  #move(length: number): void {
    if (this.#at + length > this.#bytes.length)
      throw new Error(`ends at byte ${this.#at} in the middle of a field`);
    this.#at += length;
  }
}
