import {
  AlignmentType,
  type IFontAttributesProperties,
  type IPropertiesOptions,
  type IStylesOptions,
  LevelFormat,
  LineRuleType,
} from 'docx';
import type { Report } from '../model.ts';
import { TABLE_SIZES } from './layout.ts';
import { layoutWords } from './words.ts';

/**
 * Fonts and measures of an official document, GB/T 9704-2012: title 2号 小标宋, body 3号 仿宋 with 22 lines to the
 * page, headings 黑体. A brief is set smaller so that it stays one page.
 */

/** Half a point is the unit of sizes, a twentieth of one (a twip) of distances. */
export const TWIPS_PER_POINT = 20;

function eastern(eastAsia: string): IFontAttributesProperties {
  // The hint gives marks that both scripts have, like “ ” — and ², to the Chinese font.
  return {
    ascii: 'Times New Roman',
    hAnsi: 'Times New Roman',
    cs: 'Times New Roman',
    eastAsia,
    hint: 'eastAsia',
  };
}

export const FONTS = {
  title: eastern('方正小标宋简体'),
  body: eastern('仿宋_GB2312'),
  heading: eastern('黑体'),
  table: eastern('宋体'),
};

/** The name under which a machine without a font of the standard is likely to have it, in Word's font table. */
const ALTERNATIVES: [name: string, alternative: string, family: string][] = [
  ['方正小标宋简体', '华文中宋', 'roman'],
  ['仿宋_GB2312', '仿宋', 'modern'],
  ['黑体', 'SimHei', 'modern'],
  ['宋体', 'SimSun', 'roman'],
];

export const FONT_TABLE = {
  path: 'word/fontTable.xml',
  data: `<?xml version="1.0" encoding="UTF-8" standalone="yes"?><w:fonts xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">${ALTERNATIVES.map(
    ([name, alternative, family]) =>
      `<w:font w:name="${name}"><w:altName w:val="${alternative}"/><w:charset w:val="86"/><w:family w:val="${family}"/><w:pitch w:val="default"/></w:font>`,
  ).join('')}</w:fonts>`,
};

export interface Measures {
  /** Half-points. */
  body: number;
  title: number;
  caption: number;
  /** Exact distance of lines, twips. */
  line: number;
  titleLine: number;
}

export function measuresOf({ kind, language }: Report): Measures {
  const brief = kind === 'brief';
  if (language === 'en') {
    return {
      body: brief ? 21 : 24,
      title: brief ? 34 : 38,
      caption: 20,
      line: brief ? 300 : 360,
      titleLine: 480,
    };
  }
  return brief
    ? { body: 24, title: 40, caption: 20, line: 360, titleLine: 560 }
    : { body: 32, title: 44, caption: 24, line: 579, titleLine: 660 };
}

/** Paragraph styles of cells and heads in a table whose text has that many points. */
export function cellStyles(points: number): { cell: string; head: string } {
  return { cell: `Cell${points * 10}`, head: `Head${points * 10}` };
}

export const LIST = 'items';

/** Everything of the document that is not its content. */
export function frameOf(report: Report): Omit<IPropertiesOptions, 'sections'> {
  const m = measuresOf(report);
  const { tag } = layoutWords(report.language);
  const chinese = report.language === 'zh';
  return {
    title: report.title,
    creator: report.issuer,
    lastModifiedBy: report.issuer,
    ...(report.number !== null && { subject: report.number }),
    evenAndOddHeaderAndFooters: true,
    compatabilityModeVersion: 15,
    styles: stylesOf(m, chinese, tag),
    numbering: {
      config: [
        {
          reference: LIST,
          levels: [
            {
              level: 0,
              format: LevelFormat.DECIMAL,
              text: chinese ? '%1．' : '%1.',
              alignment: AlignmentType.LEFT,
              suffix: chinese ? 'nothing' : 'space',
              style: { paragraph: { indent: { left: 0, firstLine: chinese ? m.body * 20 : 0 } } },
            },
          ],
        },
      ],
    },
  };
}

function stylesOf(m: Measures, chinese: boolean, tag: string): IStylesOptions {
  const language = chinese ? { value: 'en-US', eastAsia: tag } : { value: tag, eastAsia: 'zh-CN' };
  const firstLine = chinese ? m.body * 20 : 0;
  const exact = (line: number): object => ({ line, lineRule: LineRuleType.EXACTLY });
  const black = '000000';
  return {
    default: {
      document: {
        run: { font: FONTS.body, size: m.body, language },
        paragraph: { spacing: { before: 0, after: 0 } },
      },
      title: {
        run: { font: FONTS.title, size: m.title, color: black },
        paragraph: { alignment: AlignmentType.CENTER, spacing: { ...exact(m.titleLine), after: m.line } },
      },
      heading1: {
        run: { font: FONTS.heading, size: m.body, color: black },
        paragraph: {
          indent: { firstLine },
          spacing: { ...exact(m.line), before: chinese ? 0 : m.line / 2 },
          keepNext: true,
        },
      },
    },
    paragraphStyles: [
      {
        id: 'Body',
        name: 'Body',
        quickFormat: true,
        paragraph: {
          alignment: chinese ? AlignmentType.BOTH : AlignmentType.LEFT,
          indent: { firstLine },
          spacing: { ...exact(m.line), after: chinese ? 0 : m.line / 4 },
        },
      },
      {
        id: 'Caption',
        name: 'caption',
        run: { font: FONTS.heading, size: m.caption, color: black },
        paragraph: { alignment: AlignmentType.CENTER, spacing: { before: 120, after: 80 } },
      },
      {
        id: 'Note',
        name: 'Note',
        run: { font: FONTS.table, size: 18 },
        paragraph: { spacing: { before: 40, after: 40 } },
      },
      ...TABLE_SIZES.flatMap((points) => {
        const { cell, head } = cellStyles(points);
        const run = { font: FONTS.table, size: points * 2 };
        return [
          { id: cell, name: cell, run },
          {
            id: head,
            name: head,
            run: { ...run, font: FONTS.heading },
            paragraph: { alignment: AlignmentType.CENTER, keepNext: true },
          },
        ];
      }),
    ],
  };
}
