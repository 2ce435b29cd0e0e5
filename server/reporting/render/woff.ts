import { inflateSync } from 'node:zlib';

/** WOFF 1.0 (W3C 2012): a font whose tables are compressed one by one with zlib. */

const WOFF_HEADER = 44;
const WOFF_ENTRY = 20;
const SFNT_HEADER = 12;
const SFNT_ENTRY = 16;

/** The plain font in a WOFF file. @throws Error when it is none */
export function sfntOf(woff: Uint8Array): Uint8Array {
  const from = viewOf(woff);
  if (woff.length < WOFF_HEADER || from.getUint32(0) !== 0x774f4646) throw new Error('this is no WOFF font');
  const count = from.getUint16(12);
  const tables = Array.from({ length: count }, (_, i) => {
    const entry = WOFF_HEADER + i * WOFF_ENTRY;
    const [offset, packed, length] = [4, 8, 12].map((at) => from.getUint32(entry + at)) as [
      number,
      number,
      number,
    ];
    const raw = woff.subarray(offset, offset + packed);
    const data = packed < length ? inflateSync(raw) : raw;
    if (data.length !== length) throw new Error(`table ${i} of the WOFF font has a wrong length`);
    return { tag: from.getUint32(entry), checksum: from.getUint32(entry + 16), data };
  });

  const padded = (length: number): number => (length + 3) & ~3;
  let at = SFNT_HEADER + count * SFNT_ENTRY;
  const sfnt = new Uint8Array(tables.reduce((size, { data }) => size + padded(data.length), at));
  const to = viewOf(sfnt);
  const power = Math.floor(Math.log2(count));
  to.setUint32(0, from.getUint32(4));
  to.setUint16(4, count);
  to.setUint16(6, SFNT_ENTRY << power);
  to.setUint16(8, power);
  to.setUint16(10, SFNT_ENTRY * count - (SFNT_ENTRY << power));
  for (const [i, { tag, checksum, data }] of tables.entries()) {
    const entry = SFNT_HEADER + i * SFNT_ENTRY;
    to.setUint32(entry, tag);
    to.setUint32(entry + 4, checksum);
    to.setUint32(entry + 8, at);
    to.setUint32(entry + 12, data.length);
    sfnt.set(data, at);
    at += padded(data.length);
  }
  return sfnt;
}

/** Which characters a plain font has, by its `cmap` table of format 4 (the first 65,536 code points). */
export function coverageOf(sfnt: Uint8Array): (codePoint: number) => boolean {
  const view = viewOf(sfnt);
  const cmap = tableAt(view, 'cmap');
  const subtables = view.getUint16(cmap + 2);
  for (let i = 0; i < subtables; i++) {
    const at = cmap + view.getUint32(cmap + 4 + i * 8 + 4);
    if (view.getUint16(at) !== 4) continue;
    const segments = view.getUint16(at + 6) / 2;
    const word = (array: number, segment: number): number =>
      view.getUint16(at + 14 + array * segments * 2 + (array > 0 ? 2 : 0) + segment * 2);
    const covered = new Set<number>();
    for (let s = 0; s < segments; s++) {
      const [end, start, delta, offset] = [word(0, s), word(1, s), word(2, s), word(3, s)];
      for (let c = start; c <= end && c !== 0xffff; c++) {
        const slot = at + 16 + 6 * segments + s * 2 + offset + 2 * (c - start);
        const glyph = offset === 0 ? (c + delta) & 0xffff : view.getUint16(slot);
        if (glyph !== 0) covered.add(c);
      }
    }
    return (codePoint) => covered.has(codePoint);
  }
  throw new Error('the font has no cmap of format 4');
}

function tableAt(view: DataView, tag: string): number {
  const count = view.getUint16(4);
  for (let i = 0; i < count; i++) {
    const entry = SFNT_HEADER + i * SFNT_ENTRY;
    const name = String.fromCharCode(...[0, 1, 2, 3].map((at) => view.getUint8(entry + at)));
    if (name === tag) return view.getUint32(entry + 8);
  }
  throw new Error(`the font has no table ${tag}`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
