import { existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { coverageOf, sfntOf } from './woff.ts';

/**
 * Noto Sans SC from its npm package, so that Chinese is drawn on a server that has no font at all. The package
 * has WOFF, the rasteriser reads plain font files: they are unpacked once into the user's temporary directory.
 * The package has the font as a hundred small files, by ranges of characters that it lists, the common ones
 * together. The rasteriser opens a font anew for each text, so small ones also are ten times as fast.
 */

/** For `font-family`, whichever of the files a character comes from. */
export const FONT_FAMILY = 'Noto Sans SC';

export interface Fonts {
  /** Paths of font files. */
  files: string[];
  /** Characters of the text that none of them has. */
  missing: string[];
}

interface FontFile {
  path: string;
  covers: (codePoint: number) => boolean;
}

const require = createRequire(import.meta.url);
const PACKAGE = '@fontsource/noto-sans-sc';
/** Figures and Latin letters, with which every text begins or which it needs soon. */
const LATIN = 'latin';
/** Format 4 of a font's character map, the only one read here, ends there. */
const LAST_MAPPED = 0xffff;

const opened = new Map<string, Promise<FontFile>>();
let directory: string | undefined;
let ranges: [name: string, ranges: [number, number][]][] | undefined;

/** The font files that together have the characters of the text, as far as the package has them. */
export async function fontsFor(text: string): Promise<Fonts> {
  const files = new Set([(await fontFile(LATIN)).path]);
  const missing: string[] = [];
  for (const character of new Set(text)) {
    const codePoint = character.codePointAt(0) as number;
    if (codePoint <= 0x20) continue;
    const name = subsetWith(codePoint);
    const subset = name === undefined ? null : await fontFile(name);
    if (subset && (codePoint > LAST_MAPPED || subset.covers(codePoint))) files.add(subset.path);
    else missing.push(character);
  }
  return { files: [...files], missing };
}

async function fontFile(name: string): Promise<FontFile> {
  const known = await opened.get(name)?.catch(() => undefined);
  // Whoever tidies the temporary directory may have taken it.
  if (known && existsSync(known.path)) return known;
  const opening = openFont(name);
  opened.set(name, opening);
  return opening;
}

async function openFont(name: string): Promise<FontFile> {
  const woff = await readFile(require.resolve(`${PACKAGE}/files/noto-sans-sc-${name}-400-normal.woff`));
  const sfnt = sfntOf(woff);
  const path = join(ownDirectory(), `${name}.ttf`);
  if (!existsSync(path)) {
    // Another thread or process may be at it as well: whoever renames last wins, with the same content.
    const partial = `${path}.${process.pid}-${Math.random().toString(36).slice(2)}`;
    writeFileSync(partial, sfnt);
    renameSync(partial, path);
  }
  return { path, covers: coverageOf(sfnt) };
}

function subsetWith(codePoint: number): string | undefined {
  if (!ranges) {
    const listed = require(`${PACKAGE}/unicode.json`) as Record<string, string>;
    ranges = Object.entries(listed).map(([name, text]) => [
      name.replace(/^\[(\d+)\]$/, '$1'),
      text.split(',').map((range): [number, number] => {
        const [from, to] = range.trim().slice(2).split('-');
        return [Number.parseInt(from as string, 16), Number.parseInt(to ?? (from as string), 16)];
      }),
    ]);
  }
  return ranges.find(([, list]) => list.some(([from, to]) => codePoint >= from && codePoint <= to))?.[0];
}

/** Kept between runs where it is certain that nobody else can write there. */
function ownDirectory(): string {
  if (directory && existsSync(directory)) return directory;
  const { version } = require(`${PACKAGE}/package.json`) as { version: string };
  const user = process.getuid?.();
  const kept = join(tmpdir(), `jieneng-fonts-${version}-${user ?? 'own'}`);
  mkdirSync(kept, { mode: 0o700, recursive: true });
  const found = lstatSync(kept);
  const ours =
    found.isDirectory() && (user === undefined || (found.uid === user && (found.mode & 0o022) === 0));
  directory = ours ? kept : mkdtempSync(`${kept}-`);
  return directory;
}
