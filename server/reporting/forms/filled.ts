import type { FormHeader, FormId } from './edition.ts';

/** A form of the statistics as it is filled in: plain data, which the workbook and the page draw. */
export interface FilledForm {
  id: FormId;
  title: string;
  header: FormHeader;
  /** 填报单位 or 汇总单位. */
  unit: string;
  creditCode: string | null;
  /** 2026年第3季度 */
  period: string;
  columns: FilledColumn[];
  rows: FilledRow[];
  notes: string[];
  /** 单位负责人, 统计负责人, 填表人 */
  signature: { role: string; name: string | null }[];
}

export interface FilledColumn {
  key: string;
  head: string;
  /** 计量单位 under the head; empty: none. */
  unit: string;
  /** 代码; null: not known. */
  code: string | null;
  /** Characters. */
  width: number;
}

export interface FilledRow {
  /** total: the sum of the rows above. */
  kind: 'row' | 'total';
  cells: Record<string, FilledCell>;
}

export interface FilledCell {
  /** Null: it stays blank. */
  value: number | string | null;
  /** Decimals that are shown; null: text. */
  digits: number | null;
  /** A sign that a note explains. */
  mark: string | null;
  /** sum: of the rows above. ratio: of two columns of the row. The workbook has it as a live formula. */
  formula: { op: 'sum' } | { op: 'ratio'; dividend: string; divisor: string; times: number } | null;
}

/** What stands in a list of forms: all titles begin with 公共机构. */
export function shortTitle(title: string): string {
  return title.replace(/^公共机构/, '');
}

export interface FormSet {
  edition: { id: string; name: string; document: string };
  node: { id: string; name: string };
  period: string;
  forms: FilledForm[];
}
