import { existsSync, lstatSync, mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { coverageOf, sfntOf } from './woff.ts';

/**
 * Noto Sans SC from its npm package, so that Chinese is drawn on a server that has no font at all. The package
 * has WOFF, the rasteriser reads plain font files: they are unpacked once into the user's temporary directory.
 */

/** For `font-family`, whichever of the files a character comes from. */
export const FONT_FAMILY = 'Noto Sans SC';

const require = createRequire(import.meta.url);
const PACKAGE = '@fontsource/noto-sans-sc';
const MAIN = 'chinese-simplified';

interface Main {
  file: string;
  covers: (codePoint: number) => boolean;
}

let directory: string | undefined;
let main: Promise<Main> | undefined;
let ranges: [name: string, ranges: [number, number][]][] | undefined;

/** Font files that together have the characters of the text, as far as the package has them. */
export async function fontFiles(text: string): Promise<string[]> {
  if (main && !existsSync((await main).file)) main = undefined;
  main ??= openMain();
  const { file, covers } = await main;
  const files = new Set([file]);
  for (const character of new Set(text)) {
    const codePoint = character.codePointAt(0) as number;
    if (codePoint < 0x20 || covers(codePoint)) continue;
    const name = subsetWith(codePoint);
    if (name) files.add(await unpacked(name, await readFile(woffPath(name))));
  }
  return [...files];
}

async function openMain(): Promise<Main> {
  const woff = await readFile(woffPath(MAIN));
  return { file: await unpacked(MAIN, woff), covers: coverageOf(sfntOf(woff)) };
}

function woffPath(name: string): string {
  return require.resolve(`${PACKAGE}/files/noto-sans-sc-${name}-400-normal.woff`);
}

/** The rarer characters lie in about a hundred small files, by ranges that the package lists. */
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

async function unpacked(name: string, woff: Uint8Array): Promise<string> {
  const file = join(ownDirectory(), `${name}.ttf`);
  if (existsSync(file)) return file;
  // Another process may be at it as well: whoever renames last wins, with the same content.
  const partial = `${file}.${process.pid}-${Math.random().toString(36).slice(2)}`;
  writeFileSync(partial, sfntOf(woff));
  renameSync(partial, file);
  return file;
}

/** Kept between runs where it is certain that nobody else can write there. */
function ownDirectory(): string {
  if (directory && existsSync(directory)) return directory;
  const { version } = require(`${PACKAGE}/package.json`) as { version: string };
  const user = process.getuid?.();
  const kept = join(tmpdir(), `jieneng-fonts-${version}-${user ?? dirname(tmpdir()).length}`);
  try {
    mkdirSync(kept, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const { uid, mode } = lstatSync(kept);
  const ours = lstatSync(kept).isDirectory() && (user === undefined || uid === user) && (mode & 0o022) === 0;
  directory = ours || user === undefined ? kept : mkdtempSync(`${kept}-`);
  return directory;
}
