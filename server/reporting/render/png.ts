import { crc32, deflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const NOTHING = Buffer.alloc(0);
const BITS = 8;
const TRUE_COLOUR = 2;
const LEVEL = 3;

/**
 * Pixels as a PNG file (ISO/IEC 15948): eight bits of red, green and blue, no filter. Drawings are flat colours on
 * white, where the filters of the rasteriser's own encoder cost twice the time and make a fifth more bytes.
 * @param rgba four bytes a pixel, opaque, from the top left
 */
export function pngBytes(rgba: Uint8Array, width: number, height: number): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BITS, TRUE_COLOUR], 8);
  const rows = Buffer.alloc(height * (1 + width * 3));
  let to = 0;
  let from = 0;
  for (let y = 0; y < height; y++) {
    // The filter of the row, none, is there already.
    to++;
    for (let x = 0; x < width; x++, from += 4) {
      rows[to++] = rgba[from] as number;
      rows[to++] = rgba[from + 1] as number;
      rows[to++] = rgba[from + 2] as number;
    }
  }
  const packed = deflateSync(rows, { level: LEVEL });
  return Buffer.concat([SIGNATURE, chunk('IHDR', header), chunk('IDAT', packed), chunk('IEND', NOTHING)]);
}

function chunk(type: string, data: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const out = Buffer.alloc(4 + named.length + 4);
  out.writeUInt32BE(data.length, 0);
  named.copy(out, 4);
  out.writeUInt32BE(crc32(named), 4 + named.length);
  return out;
}
