import type { BookCarrier } from '../../domain/book.ts';

/**
 * An edition of 公共机构能源资源消费统计调查制度 as data: which forms there are, their lines and columns, in what
 * unit and under what code. A new edition is another file of this shape and needs no code.
 */
export interface FormEdition {
  /** e.g. `2025`. */
  id: string;
  name: string;
  /** First day on which it holds, YYYY-MM-DD. */
  from: string;
  /** Document that issued it. */
  document: string;
  /** What is not known of it, in words that stand under every form. */
  notes: readonly string[];
  forms: readonly FormPlan[];
}

export const FORM_IDS = [
  'basic',
  'consumption',
  'data_centre',
  'heating',
  'by_department',
  'by_region',
  'by_category',
] as const;
export type FormId = (typeof FORM_IDS)[number];

/** What stands at the head of every form by law; null: not known, it stays blank. */
export interface FormHeader {
  /** 表号 */
  number: string | null;
  /** 制表机关 */
  author: string | null;
  /** 批准机关 */
  approver: string | null;
  /** 批准文号 */
  approval: string | null;
  /** 有效期至 */
  validUntil: string | null;
}

interface FormOf {
  id: FormId;
  title: string;
  header: FormHeader;
  notes: readonly string[];
}

/**
 * lines: an institution's form with a line for each field. records: with a row for each machine room. summary:
 * a row for each group of institutions, with their sum.
 */
export type FormPlan =
  | (FormOf & { layout: 'lines'; costs: boolean; fields: readonly FormField[] })
  | (FormOf & { layout: 'records'; fields: readonly FormField[] })
  | (FormOf & { layout: 'summary'; by: SummaryBy; fields: readonly FormField[] });

export const SUMMARIES = ['department', 'region', 'category'] as const;
export type SummaryBy = (typeof SUMMARIES)[number];

export interface FormField {
  /** Unique in its form. */
  key: string;
  /** 指标名称 */
  name: string;
  /** 计量单位, as the form spells it; empty: none. */
  unit: string;
  /** 代码; null: not known. */
  code: string | null;
  /** Decimals that are shown; null: text. */
  digits: number | null;
  source: FieldSource;
  /** Whether this field was read in a source for this edition; others are marked in the form. */
  confirmed: boolean;
  /** A part of the field above it (其中). */
  part?: true;
}

/** Where a field's value comes from. `unit` is the unit of the form, into which quantities are converted. */
export type FieldSource =
  | { of: 'record'; field: 'creditCode' | 'address' | 'postcode' | 'phone' | 'department' }
  | { of: 'node'; what: 'name' | 'nature' | 'region' }
  | { of: 'attribute'; name: string }
  | { of: 'quantity'; carrier: BookCarrier; unit: string }
  /** Of vehicles, as the book has it. */
  | { of: 'vehicle_fuel'; carrier: BookCarrier; unit: string }
  | { of: 'heating'; carrier: BookCarrier; unit: string }
  | { of: 'room'; what: 'name' | 'area' | 'power' | 'ups' | 'total' | 'it' | 'cooling' | 'lighting' }
  /** 综合能耗 by the scheme of the settings, tce. */
  | { of: 'energy' }
  | { of: 'cost' }
  | { of: 'institutions' }
  /** One field divided by another, with a factor, e.g. tce into kgce. */
  | { of: 'ratio'; dividend: string; divisor: string; times: number }
  /** Nothing in the system tells it; a person fills it in. */
  | { of: 'nothing' };

/** 单位性质 of the statistics by the classification; current codes are not known, these are of the 2009 form. */
export const NATURES = {
  organ: { code: '01', name: '国家机关' },
  education: { code: '021', name: '事业单位（教育）' },
  science: { code: '022', name: '事业单位（科技）' },
  culture: { code: '023', name: '事业单位（文化）' },
  health: { code: '024', name: '事业单位（卫生）' },
  sports: { code: '025', name: '事业单位（体育）' },
  other_institution: { code: '026', name: '事业单位（其他）' },
  association: { code: '03', name: '社会团体' },
} as const;
