import { crc32, inflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { pngBytes } from '../../server/reporting/render/png.ts';

test('a PNG holds every pixel as it was, and each of its chunks its sum', () => {
  const width = 3;
  const height = 2;
  const rgba = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (i * 37) % 256,
  );
  const png = Buffer.from(pngBytes(rgba, width, height));
  expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
  const chunks: Record<string, Buffer> = {};
  for (let at = 8; at < png.length; ) {
    const length = png.readUInt32BE(at);
    const named = png.subarray(at + 4, at + 8 + length);
    expect(png.readUInt32BE(at + 8 + length)).toBe(crc32(named));
    chunks[named.subarray(0, 4).toString('latin1')] = named.subarray(4);
    at += 12 + length;
  }
  expect(Object.keys(chunks)).toEqual(['IHDR', 'IDAT', 'IEND']);
  // Width, height, eight bits, true colour, deflate, no filter method of its own, not interlaced.
  expect(chunks.IHDR?.toString('hex')).toBe('00000003' + '00000002' + '0802000000');
  const rows = inflateSync(chunks.IDAT as Buffer);
  const seen = Array.from({ length: height }, (_, y) => [...rows.subarray(y * 10, y * 10 + 10)]);
  const pixel = (y: number, x: number): number[] => [...rgba.subarray((y * width + x) * 4).subarray(0, 3)];
  expect(seen).toEqual([
    [0, ...pixel(0, 0), ...pixel(0, 1), ...pixel(0, 2)],
    [0, ...pixel(1, 0), ...pixel(1, 1), ...pixel(1, 2)],
  ]);
});
