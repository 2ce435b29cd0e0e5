import {
  AlignmentType,
  BorderStyle,
  Document,
  Footer,
  HeadingLevel,
  ImageRun,
  type ISectionOptions,
  Packer,
  PageNumber,
  PageOrientation,
  Paragraph,
  TableCell,
  TableLayoutType,
  TableRow,
  TextRun,
  WidthType,
  Table as WordTable,
} from 'docx';
import type { Block, Chart, Report, Table } from '../model.ts';
import type { Drawing } from './charts.ts';
import { glued } from './figures.ts';
import { BRIEF_PAGE, layOut, PAGE } from './layout.ts';
import { FONT_TABLE, FONTS, frameOf, LIST, measuresOf, TWIPS_PER_POINT } from './word-style.ts';
import { tableOf } from './word-table.ts';
import { type LayoutWords, layoutWords, titleLines } from './words.ts';

const TWIPS_PER_MM = (72 / 25.4) * TWIPS_PER_POINT;
/** The number of the page stands 7 mm below the text, its line about 6 mm high. */
const FOOTER_MM = 13;
const RED = 'C00000';
const TEXT_MM = PAGE.width - PAGE.left - PAGE.right;

export interface Picture {
  png: Uint8Array;
  drawing: Drawing;
}

/** The report as a Word document. @param pictures of every chart by its id */
export async function documentOf(
  report: Report,
  pictures: ReadonlyMap<string, Picture>,
  redHead: boolean,
): Promise<Uint8Array> {
  const writer = new Writer(report, pictures);
  if (redHead) writer.redHead();
  writer.title(redHead);
  for (const [i, section] of report.sections.entries()) {
    writer.heading(i + 1, section.heading);
    for (const block of section.blocks) writer.block(block);
  }
  writer.signature();
  const document = new Document({ ...frameOf(report), sections: writer.sections() });
  return Packer.toBuffer(document, undefined, [FONT_TABLE]);
}

type Child = Paragraph | WordTable;

/** Writes from the top to the bottom; a table that is too wide opens pages across, what follows closes them. */
class Writer {
  readonly #report: Report;
  readonly #pictures: ReadonlyMap<string, Picture>;
  readonly #words: LayoutWords;
  readonly #parts: { landscape: boolean; children: Child[] }[] = [{ landscape: false, children: [] }];
  #tables = 0;
  #figures = 0;
  #lists = 0;
  /** A heading waits for what follows it, so that both stand on the same kind of page. */
  #held: Child[] = [];

  constructor(report: Report, pictures: ReadonlyMap<string, Picture>) {
    this.#report = report;
    this.#pictures = pictures;
    this.#words = layoutWords(report.language);
  }

  redHead(): void {
    const line = { style: BorderStyle.SINGLE, size: 18, color: RED, space: 6 };
    const { issuer, number } = this.#report;
    this.#add(
      new Paragraph({
        alignment: AlignmentType.CENTER,
        spacing: { before: 400, after: 300 },
        children: [new TextRun({ text: issuer, font: FONTS.title, size: 60, color: RED })],
      }),
      new Paragraph({
        alignment: AlignmentType.CENTER,
        spacing: { after: 560 },
        border: { bottom: line },
        children: [new TextRun(number ?? '')],
      }),
    );
  }

  title(redHead: boolean): void {
    const { title, number } = this.#report;
    const m = measuresOf(this.#report);
    const numbered = number !== null && !redHead;
    this.#add(
      new Paragraph({
        heading: HeadingLevel.TITLE,
        children: titleLines(title).map((text, i) => new TextRun({ text, break: i })),
        ...(numbered && { spacing: { after: m.line / 3 } }),
      }),
    );
    if (numbered) {
      const spacing = { after: m.line / 2 };
      this.#add(new Paragraph({ alignment: AlignmentType.CENTER, spacing, children: [new TextRun(number)] }));
    }
  }

  heading(no: number, heading: string): void {
    const text = this.#report.kind === 'brief' ? heading : this.#words.section(no, heading);
    this.#held.push(new Paragraph({ text, heading: HeadingLevel.HEADING_1 }));
  }

  block(block: Block): void {
    if (block.kind !== 'table') this.#open(false);
    switch (block.kind) {
      case 'table':
        this.#table(block);
        break;
      case 'chart':
        this.#chart(block);
        break;
      case 'paragraph':
        this.#add(new Paragraph({ text: glued(block.text), style: 'Body' }));
        break;
      case 'list': {
        const numbering = { reference: LIST, level: 0, instance: ++this.#lists };
        for (const text of block.items)
          this.#add(new Paragraph({ text: glued(text), style: 'Body', numbering }));
      }
    }
  }

  #table(table: Table): void {
    const layout = layOut(table);
    this.#open(layout.landscape);
    const caption = this.#words.table(++this.#tables, table.caption);
    this.#add(
      new Paragraph({ text: caption, style: 'Caption', keepNext: true }),
      tableOf(table, layout, table.notes.length > 0),
      ...table.notes.map((note, i) => {
        const text = glued((i === 0 ? this.#words.notes : '') + note);
        return new Paragraph({ text, style: 'Note', keepNext: i < table.notes.length - 1 });
      }),
    );
    if (table.notes.length === 0) this.#add(new Paragraph({ style: 'Note' }));
  }

  #chart(chart: Chart): void {
    const picture = this.#pictures.get(chart.id);
    if (!picture) throw new Error(`chart ${chart.id}: it was not drawn`);
    const { png, drawing } = picture;
    const width = (TEXT_MM / 25.4) * 96;
    const caption = this.#words.figure(++this.#figures, chart.caption);
    const image = new ImageRun({
      type: 'png',
      data: png,
      transformation: { width, height: (width * drawing.height) / drawing.width },
      altText: { name: chart.id, title: chart.caption, description: chart.description },
    });
    this.#add(
      new Paragraph({
        alignment: AlignmentType.CENTER,
        keepNext: true,
        spacing: { before: 120 },
        children: [image],
      }),
      new Paragraph({ text: caption, style: 'Caption' }),
    );
  }

  signature(): void {
    const { signature, issuer } = this.#report;
    const { body, line } = measuresOf(this.#report);
    this.#add(...this.#held.splice(0));
    const people = signature.people.map(
      ({ role, name }) =>
        new TableCell({
          children: [
            new Paragraph({
              keepNext: true,
              children: [
                new TextRun({
                  text: role + this.#words.colon + (name ?? '　　　　'),
                  size: Math.min(body, 28),
                }),
              ],
            }),
          ],
        }),
    );
    const brief = this.#report.kind === 'brief';
    const last = (text: string, keepNext: boolean): Paragraph =>
      new Paragraph({
        alignment: AlignmentType.RIGHT,
        indent: { right: body * 20 },
        spacing: { before: keepNext && !brief ? line : 0 },
        keepNext,
        keepLines: true,
        children: [new TextRun(text)],
      });
    this.#add(new Paragraph({ spacing: { before: brief ? 0 : line }, keepNext: true }));
    if (people.length > 0) {
      const none = { style: BorderStyle.NONE, size: 0, color: 'auto' };
      this.#add(
        new WordTable({
          rows: [new TableRow({ cantSplit: true, children: people })],
          width: { size: 100, type: WidthType.PERCENTAGE },
          layout: TableLayoutType.FIXED,
          borders: {
            top: none,
            bottom: none,
            left: none,
            right: none,
            insideHorizontal: none,
            insideVertical: none,
          },
        }),
      );
    }
    const date = signature.date ?? this.#words.blankDate;
    if (brief) this.#add(last(`${issuer}　　${date}`, false));
    else this.#add(last(issuer, true), last(date, false));
  }

  sections(): ISectionOptions[] {
    const page = this.#report.kind === 'brief' ? BRIEF_PAGE : PAGE;
    return this.#parts
      .filter(({ children }) => children.length > 0)
      .map(({ landscape, children }) => ({
        properties: {
          page: {
            size: {
              width: mm(PAGE.width),
              height: mm(PAGE.height),
              orientation: landscape ? PageOrientation.LANDSCAPE : PageOrientation.PORTRAIT,
            },
            // Turned to the right, the top of the sheet is the left of the page.
            margin: landscape
              ? {
                  top: mm(PAGE.left),
                  right: mm(PAGE.top),
                  bottom: mm(PAGE.right),
                  left: mm(PAGE.bottom),
                  footer: mm(12),
                }
              : {
                  top: mm(page.top),
                  right: mm(page.right),
                  bottom: mm(page.bottom),
                  left: mm(page.left),
                  footer: mm(page.bottom - FOOTER_MM),
                },
          },
        },
        footers: { default: pageNumber(AlignmentType.RIGHT), even: pageNumber(AlignmentType.LEFT) },
        children,
      }));
  }

  #open(landscape: boolean): void {
    if (this.#parts.at(-1)?.landscape !== landscape) this.#parts.push({ landscape, children: [] });
    this.#add(...this.#held.splice(0));
  }

  #add(...children: Child[]): void {
    this.#parts.at(-1)?.children.push(...children);
  }
}

function mm(length: number): number {
  return Math.round(length * TWIPS_PER_MM);
}

/** — 1 — in 4号, a character away from the outer edge: at the right of odd pages, at the left of even ones. */
function pageNumber(alignment: 'left' | 'right'): Footer {
  const run = { font: FONTS.table, size: 28 };
  return new Footer({
    children: [
      new Paragraph({
        alignment,
        indent: alignment === 'right' ? { right: 280 } : { left: 280 },
        children: [new TextRun({ ...run, children: ['— ', PageNumber.CURRENT, ' —'] })],
      }),
    ],
  });
}
