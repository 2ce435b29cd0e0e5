import { strFromU8, unzipSync } from 'fflate';

/** Reads a Word document back as far as tests compare it; the document is ours, so plain patterns will do. */

export interface WordRead {
  /** Texts of the paragraphs outside of tables. */
  paragraphs: string[];
  /** Of each table the texts of its cells, by rows. */
  tables: string[][][];
  /** The XML of a part of the archive. */
  part(path: string): string;
}

export function readWord(bytes: Uint8Array): WordRead {
  const files = unzipSync(bytes);
  const part = (path: string): string => {
    const file = files[path];
    if (!file) throw new Error(`${path}: not in the document`);
    return strFromU8(file);
  };
  const xml = part('word/document.xml');
  const tables = all(xml, 'w:tbl').map((table) =>
    all(table, 'w:tr').map((row) => all(row, 'w:tc').map((cell) => all(cell, 'w:p').map(textOf).join('\n'))),
  );
  const outside = xml.replaceAll(/<w:tbl>.*?<\/w:tbl>/gs, '');
  return { paragraphs: all(outside, 'w:p').map(textOf), tables, part };
}

/** The texts of the cells of each table on a page, by rows, without heads. */
export function readPage(html: string): string[][][] {
  return all(html, 'tbody').map((body) =>
    all(body, 'tr').map((row) =>
      [...row.matchAll(/<t[dh][^>]*>(.*?)<\/t[dh]>/gs)].map(([, cell = '']) =>
        unescaped(cell.replaceAll(/<[^>]+>/g, '')),
      ),
    ),
  );
}

function all(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?: [^>]*)?>(.*?)</${name}>`, 'gs'))].map(
    (m) => m[1] as string,
  );
}

function textOf(xml: string): string {
  return unescaped(all(xml, 'w:t').join(''));
}

function unescaped(text: string): string {
  return text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&');
}
