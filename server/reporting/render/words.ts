import type { ReportLanguage } from '../model.ts';

/** The words of the layout; what the report says comes with the report. */
export interface LayoutWords {
  /** For the document's language property. */
  tag: string;
  section: (no: number, heading: string) => string;
  table: (no: number, caption: string) => string;
  figure: (no: number, caption: string) => string;
  notes: string;
  unit: string;
  /** After a role, before the name. */
  colon: string;
  reportDate: string;
  /** A date that is still to be written by hand. */
  blankDate: string;
  month: (month: string) => string;
  cover: { sheet: string; node: string; month: string; number: string; issuer: string; scheme: string };
  computed: string;
  tables: string;
}

const zh: LayoutWords = {
  tag: 'zh-CN',
  section: (no, heading) => `${chineseNumeral(no)}、${heading}`,
  table: (no, caption) => `表 ${no}　${caption}`,
  figure: (no, caption) => `图 ${no}　${caption}`,
  notes: '注：',
  unit: '单位：',
  colon: '：',
  reportDate: '报出日期',
  blankDate: '　　　　年　　月　　日',
  month: (month) => `${Number(month.slice(0, 4))}年${Number(month.slice(5))}月`,
  cover: {
    sheet: '封面',
    node: '单位（区域）',
    month: '报告期',
    number: '文号',
    issuer: '编制单位',
    scheme: '折标准煤系数',
  },
  computed: '数据计算时间',
  tables: '表目录',
};

const MONTHS = 'January February March April May June July August September October November December'.split(
  ' ',
);

const en: LayoutWords = {
  tag: 'en-GB',
  section: (no, heading) => `${no}. ${heading}`,
  table: (no, caption) => `Table ${no}. ${caption}`,
  figure: (no, caption) => `Figure ${no}. ${caption}`,
  notes: 'Notes: ',
  unit: 'Unit: ',
  colon: ': ',
  reportDate: 'Date of report',
  blankDate: '____________',
  month: (month) => `${MONTHS[Number(month.slice(5)) - 1]} ${month.slice(0, 4)}`,
  cover: {
    sheet: 'Cover',
    node: 'Institution or region',
    month: 'Month',
    number: 'Document number',
    issuer: 'Issued by',
    scheme: 'Coal-equivalent coefficients',
  },
  computed: 'Figures computed at',
  tables: 'Tables',
};

export function layoutWords(language: ReportLanguage): LayoutWords {
  return language === 'zh' ? zh : en;
}

/** A title of two lines is broken where it has a joint: after the month, which ends the attribute. */
export function titleLines(title: string): string[] {
  const parts = /^(.{4,}?\d+月(?:份)?)(.{4,})$/.exec(title);
  return title.length > TITLE_LINE && parts ? [parts[1] as string, parts[2] as string] : [title];
}

/** Characters of 2号 that fit into a line, digits counted whole. */
const TITLE_LINE = 21;

const DIGITS = '〇一二三四五六七八九';

/** 1 → 一, 12 → 十二, 30 → 三十; up to 99. */
export function chineseNumeral(no: number): string {
  const [tens, ones] = [Math.floor(no / 10), no % 10];
  const ten = tens === 0 ? '' : `${tens === 1 ? '' : DIGITS[tens]}十`;
  return ten + (ones === 0 && tens > 0 ? '' : DIGITS[ones]);
}
