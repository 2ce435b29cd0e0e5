/**
 * A report as data: what it says, and not how it looks. It is built once, frozen when it is filed, and rendered
 * as a page, a Word document or a workbook; all of them show the same figures to the same digit.
 */

export const REPORT_KINDS = ['monthly', 'bulletin', 'brief'] as const;
/** monthly: 月报 of a node. bulletin: 通报 of a bureau on its institutions. brief: 简报, one page. */
export type ReportKind = (typeof REPORT_KINDS)[number];

export const REPORT_LANGUAGES = ['zh', 'en'] as const;
export type ReportLanguage = (typeof REPORT_LANGUAGES)[number];

/** Version of this model; a frozen report keeps the one it was built with. */
export const REPORT_MODEL = 1;

export interface Report {
  model: typeof REPORT_MODEL;
  kind: ReportKind;
  language: ReportLanguage;
  node: { id: string; name: string };
  /** The month, `2026-12`. */
  month: string;
  /** IANA zone of the estate, in which every date below is written. */
  zone: string;
  /** Who issues it, as in the head and the signature of the document. */
  issuer: string;
  title: string;
  /** 文号, e.g. 节能月报〔2026〕12号; null: none was given. */
  number: string | null;
  /** Coefficient scheme of every kgce in it. */
  scheme: { id: string; name: string };
  /** When the figures were computed, epoch ms. */
  computedAt: number;
  sections: Section[];
  signature: Signature;
}

export interface Section {
  /** Names the section whatever the language: `summary`, `consumption`, `targets` … */
  id: string;
  heading: string;
  blocks: Block[];
}

export type Block = Paragraph | List | Table | Chart;

export interface Paragraph {
  kind: 'paragraph';
  text: string;
}

export interface List {
  kind: 'list';
  items: string[];
}

export interface Table {
  kind: 'table';
  /** Unique in the report. */
  id: string;
  caption: string;
  columns: Column[];
  rows: Row[];
  /** Below the table: what its marks mean, where its figures come from. */
  notes: string[];
}

/** How a column's numbers are written; a `share` of 0.123 with one digit reads 12.3 %. */
export type ColumnFormat =
  | { type: 'text' }
  | { type: 'number'; digits: number }
  | { type: 'share'; digits: number }
  /** A change: as a share, with its sign. */
  | { type: 'change'; digits: number };

export interface Column {
  key: string;
  head: string;
  /** Shown under the head; empty: none, or one per row in a column of its own. */
  unit: string;
  format: ColumnFormat;
  /** How the column follows from others of its row; the workbook has it as a live formula. */
  formula?: Formula;
}

/** ratio: a ÷ b. change: a ÷ b − 1. difference: a − b. product: a × b. sum: of all. */
export interface Formula {
  op: 'ratio' | 'change' | 'difference' | 'product' | 'sum';
  of: string[];
}

export interface Row {
  /** total: set off from the rows above it, whose sum it is in the columns that `sums` names. */
  kind: 'row' | 'total';
  /** Keys of the columns where a total is the sum of all plain rows; a live formula in the workbook. */
  sums?: string[];
  cells: Record<string, Cell>;
}

/** A number in full precision, a text, or nothing; why there is nothing, or what is to be known of it. */
export interface Cell {
  value: number | string | null;
  /** Said in place of a missing value, e.g. 无数据. */
  lack?: string;
  /** A footnote sign such as * that a note of the table explains. */
  mark?: string;
}

export interface Chart {
  kind: 'chart';
  /** Unique in the report. */
  id: string;
  caption: string;
  form: 'bar' | 'line' | 'stack';
  unit: string;
  categories: string[];
  series: {
    name: string;
    values: (number | null)[] /** A line across bars, dashed: a plan or target. */;
    plan?: true;
  }[];
  /** What the chart says, for who cannot see it. */
  description: string;
}

export interface Signature {
  /** 单位负责人, 统计负责人, 填表人 …, with the name where it is known. */
  people: { role: string; name: string | null }[];
  /** 报出日期 as it is written, null: not filed yet. */
  date: string | null;
}
