import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Workbook } from '@cj-tech-master/excelts';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';

/** Whether LibreOffice and the poppler tools are on the path; without them, tests that open documents are left out. */
export function hasOffice(): boolean {
  const soffice = spawnSync('soffice', ['--version'], { encoding: 'utf8', timeout: 60_000 });
  const poppler = spawnSync('pdftotext', ['-v'], { encoding: 'utf8', timeout: 60_000 });
  if (soffice.status === 0 && poppler.status === 0) return true;
  const advice =
    'no soffice or pdftotext on the path (Debian: apt-get install libreoffice-writer-nogui libreoffice-calc-nogui poppler-utils fonts-noto-cjk)';
  if (process.env.REQUIRE_ENGINES === '1') throw new Error(`${advice}, and REQUIRE_ENGINES=1 asks for it`);
  console.warn(`${advice}: documents are not opened in LibreOffice`);
  return false;
}

/** A LibreOffice of its own: files and settings in a temporary directory. */
export class Office {
  readonly #directory = mkdtempSync(join(tmpdir(), 'jieneng-office-'));

  /** What LibreOffice makes of a file, e.g. `pdf` or `xlsx`. */
  async convert(name: string, bytes: Uint8Array, to: string): Promise<Uint8Array> {
    const source = join(this.#directory, name);
    const out = join(this.#directory, 'out');
    writeFileSync(source, bytes);
    const profile = `-env:UserInstallation=file://${join(this.#directory, 'profile')}`;
    await run('soffice', [profile, '--headless', '--norestore', '--convert-to', to, '--outdir', out, source]);
    const made = join(out, `${basename(name).replace(/\.\w+$/, '')}.${to}`);
    if (!existsSync(made)) throw new Error(`LibreOffice made no ${to} of ${name}`);
    return readFileSync(made);
  }

  /**
   * Has a workbook recalculated: the values that are kept beside its formulas are taken out first, so that
   * LibreOffice has to compute them.
   * @returns how many formulas there were, and every cell that is not what was written, as `sheet!cell: was → is`
   */
  async recalculated(xlsx: Uint8Array): Promise<{ formulas: number; differing: string[] }> {
    const files = unzipSync(xlsx);
    let formulas = 0;
    for (const [path, bytes] of Object.entries(files)) {
      if (!path.startsWith('xl/worksheets/sheet')) continue;
      const bare = strFromU8(bytes).replaceAll(/(<f>[^<]*<\/f>)<v>[^<]*<\/v>/g, (_, formula: string) => {
        formulas++;
        return formula;
      });
      files[path] = strToU8(bare);
    }
    const [was, is] = [new Workbook(), new Workbook()];
    await was.xlsx.load(xlsx);
    await is.xlsx.load(await this.convert('bare.xlsx', zipSync(files), 'xlsx'));
    const differing: string[] = [];
    for (const sheet of was.worksheets) {
      sheet.eachRow((row) =>
        row.eachCell((cell) => {
          // Cells merged into another one show that one's value.
          if (cell.master !== cell) return;
          const other = is.getWorksheet(sheet.name)?.getCell(cell.address);
          const [a, b] = [cell, other].map((c) => (c?.formula ? c.result : c?.value));
          const same =
            typeof a === 'number'
              ? typeof b === 'number' && Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a))
              : cell.text === (other?.text ?? '');
          if (!same) differing.push(`${sheet.name}!${cell.address}: ${cell.text} → ${other?.text}`);
        }),
      );
    }
    return { formulas, differing };
  }

  /** Words of each page of a PDF with their places in points. */
  async words(pdf: Uint8Array): Promise<PdfPage[]> {
    const [file, out] = [join(this.#directory, 'words.pdf'), join(this.#directory, 'words.html')];
    writeFileSync(file, pdf);
    await run('pdftotext', ['-bbox', file, out]);
    const html = readFileSync(out, 'utf8');
    return [...html.matchAll(/<page width="([\d.]+)" height="([\d.]+)">(.*?)<\/page>/gs)].map((page) => ({
      width: Number(page[1]),
      height: Number(page[2]),
      words: [
        ...(page[3] as string).matchAll(
          /<word xMin="([\d.]+)" yMin="([\d.]+)" xMax="([\d.]+)" yMax="([\d.]+)">(.*?)<\/word>/g,
        ),
      ].map((w) => ({
        left: Number(w[1]),
        top: Number(w[2]),
        right: Number(w[3]),
        bottom: Number(w[4]),
        text: w[5] as string,
      })),
    }));
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export interface PdfPage {
  /** Points, as all places. */
  width: number;
  height: number;
  words: { left: number; top: number; right: number; bottom: number; text: string }[];
}

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0)
    throw new Error(`${command} ended with ${code}: ${Buffer.concat(said).toString().slice(0, 2000)}`);
}
