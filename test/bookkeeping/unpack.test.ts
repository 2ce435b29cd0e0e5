import { strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { UnpackError, unpack } from '../../server/bookkeeping/unpack.ts';

const MIB = 2 ** 20;
const LIMIT = 4 * MIB;

async function fault(archive: Uint8Array, limit = LIMIT): Promise<string> {
  try {
    await unpack(archive, limit);
  } catch (error) {
    if (error instanceof UnpackError) return error.message;
    throw error;
  }
  return 'unpacked';
}

/** The same archive that says of its files that they are small. */
function lying(archive: Uint8Array, size: number): Uint8Array {
  const out = Buffer.from(archive);
  for (let at = 0; at + 46 <= out.length; at++) {
    const signature = out.readUInt32LE(at);
    if (signature === 0x02014b50 && out.readUInt32LE(at + 24) === size) out.writeUInt32LE(1000, at + 24);
    if (signature === 0x04034b50 && out.readUInt32LE(at + 22) === size) out.writeUInt32LE(1000, at + 22);
  }
  return out;
}

test('gives the files of an archive, packed or not, with names of any script', async () => {
  const files = {
    'xl/a.xml': strToU8('<a/>'.repeat(1000)),
    '水电.txt': strToU8('水'),
    'empty.txt': new Uint8Array(),
  };
  const plain = { 'b.bin': new Uint8Array([1, 2, 3]) };
  const archive = zipSync({
    ...files,
    ...Object.fromEntries(Object.entries(plain).map(([n, b]) => [n, [b, { level: 0 }]])),
  });
  const found = await unpack(archive, LIMIT);
  for (const [name, content] of Object.entries({ ...files, ...plain })) {
    expect([name, Buffer.from(found[name] ?? []).toString('hex')]).toEqual([
      name,
      Buffer.from(content).toString('hex'),
    ]);
  }
  expect(Object.keys(found)).toHaveLength(4);
});

test('stops where the files together are larger than is taken, whatever the archive says of itself', async () => {
  const large = new Uint8Array(3 * MIB);
  // 2 × 3 MiB are more than 4 MiB; each alone is not.
  const two = zipSync({ a: large, b: large });
  expect(two.length).toBeLessThan(10_000);
  expect(await fault(two)).toBe('the file unpacks to more than 4 MiB');
  expect(await fault(lying(two, large.length))).toBe('the file unpacks to more than 4 MiB');
  expect(await fault(two, 6 * MIB)).toBe('unpacked');
  expect(await fault(zipSync({ a: [large, { level: 0 }], b: [large, { level: 0 }] }))).toBe(
    'the file unpacks to more than 4 MiB',
  );
});

test('many entries of one and the same file count as many', async () => {
  const archive = Buffer.from(zipSync({ a: new Uint8Array(MIB) }));
  const start = archive.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  const end = archive.indexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const entry = archive.subarray(start, end);
  const tail = Buffer.from(archive.subarray(end));
  tail.writeUInt16LE(5, 10);
  expect(
    await fault(Buffer.concat([archive.subarray(0, start), ...Array.from({ length: 5 }, () => entry), tail])),
  ).toBe('the file unpacks to more than 4 MiB');
  tail.writeUInt16LE(60_000, 10);
  expect(await fault(Buffer.concat([archive.subarray(0, end), tail]))).toBe(
    'the archive has more than 1000 files',
  );
});

test('what is damaged is said to be, wherever it was cut or changed', async () => {
  const archive = Buffer.from(zipSync({ 'a.xml': strToU8('<a>'.repeat(200)), 'b.xml': strToU8('b') }));
  expect(await fault(Buffer.from('no archive'))).toBe('this is no archive');
  expect(await fault(new Uint8Array())).toBe('this is no archive');
  for (let cut = 0; cut < archive.length; cut += 7) {
    const said = await fault(archive.subarray(cut));
    expect.soft([cut, said === 'unpacked']).toEqual([cut, cut === 0]);
  }
  for (let at = 0; at < archive.length; at++) {
    const changed = Buffer.from(archive);
    changed[at] = (changed[at] ?? 0) ^ 0xff;
    // It is unpacked or refused; nothing else is thrown.
    expect.soft(typeof (await fault(changed)), `${at}`).toBe('string');
  }
});
