import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';

const inflated = promisify(inflateRaw);

/** Where the end of an archive is looked for: its record and the longest comment behind it. */
const END_BYTES = 22 + 65_535;
const END = 0x06054b50;
const ENTRY = 0x02014b50;
const LOCAL = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
/** Files of one archive. */
const FILES = 1000;

/** An archive that is none, or that holds more than is taken. */
export class UnpackError extends Error {
  override readonly name = 'UnpackError';
}

/**
 * The files of a ZIP archive (APPNOTE 6.3, without encryption and ZIP64), by name. What an archive says of its sizes
 * is not believed: a few kilobytes may unpack to gigabytes and say otherwise, so unpacking stops at the limit.
 * @param limit bytes that all files together may have
 * @throws UnpackError
 */
export async function unpack(archive: Uint8Array, limit: number): Promise<Record<string, Uint8Array>> {
  try {
    return await filesOf(Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength), limit);
  } catch (error) {
    if (error instanceof UnpackError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooMuch(limit);
    throw new UnpackError('the archive is damaged', { cause: error });
  }
}

async function filesOf(archive: Buffer, limit: number): Promise<Record<string, Uint8Array>> {
  const end = endOf(archive);
  const count = archive.readUInt16LE(end + 10);
  if (count > FILES) throw new UnpackError(`the archive has more than ${FILES} files`);
  const files: [string, Uint8Array][] = [];
  let left = limit;
  let at = archive.readUInt32LE(end + 16);
  for (let i = 0; i < count; i++) {
    if (archive.readUInt32LE(at) !== ENTRY) throw new UnpackError('the archive is damaged');
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    if (!name.endsWith('/')) {
      const content = await contentOf(archive, at, left);
      left -= content.length;
      if (left < 0) throw tooMuch(limit);
      files.push([name, content]);
    }
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return Object.fromEntries(files);
}

/** Where the record at the end begins. */
function endOf(archive: Buffer): number {
  const first = Math.max(0, archive.length - END_BYTES);
  for (let at = archive.length - 22; at >= first; at--) {
    if (archive.readUInt32LE(at) === END) return at;
  }
  throw new UnpackError('this is no archive');
}

/** @param entry where it stands in the directory of the archive */
async function contentOf(archive: Buffer, entry: number, left: number): Promise<Uint8Array> {
  if ((archive.readUInt16LE(entry + 8) & 1) !== 0) throw new UnpackError('the archive is encrypted');
  const method = archive.readUInt16LE(entry + 10);
  const local = archive.readUInt32LE(entry + 42);
  if (archive.readUInt32LE(local) !== LOCAL) throw new UnpackError('the archive is damaged');
  const from = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
  const packed = archive.subarray(from, from + archive.readUInt32LE(entry + 20));
  if (method === STORED) return packed;
  if (method !== DEFLATED)
    throw new UnpackError(`the archive is packed in a way that is not known, ${method}`);
  return inflated(packed, { maxOutputLength: Math.max(1, left) });
}

function tooMuch(limit: number): UnpackError {
  return new UnpackError(`the file unpacks to more than ${limit / 2 ** 20} MiB`);
}
