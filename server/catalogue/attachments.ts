import { createHash } from 'node:crypto';
import type { BookKey } from '../domain/book.ts';
import { type BookStamp, keyOf, keyValues } from './book.ts';
import type { LogChange } from './changes.ts';
import type { Database } from './database.ts';
import type { State } from './state.ts';

/** A photographed bill or receipt of a key of the book. */
export interface Attachment {
  no: number;
  key: BookKey;
  name: string;
  mediaType: string;
  bytes: number;
  sha256: string;
  author: string;
  /** epoch ms */
  recordedAt: number;
}

export const ATTACHMENT_BYTES = 5 * 2 ** 20;
/** Attachments of one key. */
export const ATTACHMENTS = 10;

/** What cannot be attached, and why. */
export class AttachmentError extends Error {
  override readonly name = 'AttachmentError';
}

const COLUMNS =
  'no, node, carrier, account, vehicle, month, name, media_type, bytes, sha256, author, recorded_at';

/** What each kind of file that is taken begins with: the name that a sender gives is no proof. */
const SIGNATURES: readonly { mediaType: string; bytes: readonly number[] }[] = [
  { mediaType: 'image/jpeg', bytes: [0xff, 0xd8, 0xff] },
  { mediaType: 'image/png', bytes: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] },
  { mediaType: 'application/pdf', bytes: [0x25, 0x50, 0x44, 0x46, 0x2d] },
];

/** @returns its number. @throws AttachmentError */
export function writeAttachment(
  db: Database,
  { estate }: State,
  key: BookKey,
  file: { name: string; content: Uint8Array },
  stamp: BookStamp,
  log: LogChange,
): number {
  const { content } = file;
  const name = file.name.trim();
  const kind = SIGNATURES.find(({ bytes }) => bytes.every((b, i) => content[i] === b));
  if (!kind) throw new AttachmentError('is no JPEG, PNG or PDF');
  if (content.length > ATTACHMENT_BYTES) {
    throw new AttachmentError(`has more than ${ATTACHMENT_BYTES / 2 ** 20} MiB`);
  }
  if (name === '' || name.length > 200) throw new AttachmentError('needs a name of 1 to 200 characters');
  if (!estate.book.at(key)) throw new AttachmentError('belongs to an entry, and there is none');
  const { n } = db
    .prepare(
      `SELECT count(*) AS n FROM book_attachment
       WHERE node = ? AND month = ? AND carrier = ? AND account = ? AND vehicle = ? AND removed_at IS NULL`,
    )
    .get(...keyValues(key)) as { n: number };
  if (n >= ATTACHMENTS) throw new AttachmentError(`an entry has at most ${ATTACHMENTS} attachments`);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const row = db
    .prepare(
      `INSERT INTO book_attachment
         (node, month, carrier, account, vehicle, name, media_type, bytes, sha256, content, author, recorded_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING no`,
    )
    .get(...keyValues(key), name, kind.mediaType, content.length, sha256, content, stamp.author, stamp.at);
  const no = row?.no as number;
  log({
    kind: 'book',
    id: key.node,
    before: null,
    after: { attachment: no, name, sha256 },
    recompute: false,
  });
  return no;
}

/** Takes an attachment away; its content stays in the catalogue. @throws RangeError where there is none */
export function removeAttachment(db: Database, no: number, stamp: BookStamp, log: LogChange): void {
  const found = readAttachment(db, no);
  if (!found) throw new RangeError(`no attachment ${no}`);
  db.prepare('UPDATE book_attachment SET removed_by = ?, removed_at = ? WHERE no = ?').run(
    stamp.author,
    stamp.at,
    no,
  );
  const { name, sha256 } = found;
  const before = { attachment: no, name, sha256 };
  log({ kind: 'book', id: found.key.node, before, after: null, recompute: false });
}

/** Nodes that are asked for at once: on a server each question costs a round trip. */
const ASKED = 100;

/** Those of a month, in the order of the nodes, of each in the order in which they came. */
export function readAttachments(db: Database, nodes: readonly string[], month: string): Attachment[] {
  const found = new Map<string, Attachment[]>(nodes.map((node) => [node, []]));
  const one = nodes.length === 1 ? 1 : ASKED;
  const select = db.prepare(
    `SELECT ${COLUMNS} FROM book_attachment
     WHERE node IN (${'?, '.repeat(one - 1)}?) AND month = ? AND removed_at IS NULL ORDER BY no`,
  );
  for (let i = 0; i < nodes.length; i += one) {
    const some = nodes.slice(i, i + one);
    // No node is called '': the text of the statement stays the same, and is planned once.
    const padded = [...some, ...new Array<string>(one - some.length).fill('')];
    for (const row of select.all(...padded, month)) found.get(row.node as string)?.push(attachmentOf(row));
  }
  return [...found.values()].flat();
}

export function readAttachment(
  db: Database,
  no: number,
): (Attachment & { content: Uint8Array<ArrayBuffer> }) | null {
  const row = db
    .prepare(`SELECT ${COLUMNS}, content FROM book_attachment WHERE no = ? AND removed_at IS NULL`)
    .get(no);
  return row ? { ...attachmentOf(row), content: new Uint8Array(row.content as Uint8Array) } : null;
}

function attachmentOf(row: Record<string, unknown>): Attachment {
  return {
    no: row.no as number,
    key: keyOf(row),
    name: row.name as string,
    mediaType: row.media_type as string,
    bytes: row.bytes as number,
    sha256: row.sha256 as string,
    author: row.author as string,
    recordedAt: row.recorded_at as number,
  };
}
