import { REPORT_KINDS, REPORT_LANGUAGES, type ReportKind, type ReportLanguage } from './model.ts';

/**
 * A batch: the reports of all institutions below a node for a month, in the forms that were asked for. What is
 * made lands in a directory of its own, so that it goes on where it stopped, and comes out as one archive.
 */

export const BATCH_FORMS = ['docx', 'xlsx'] as const;
export type BatchForm = (typeof BATCH_FORMS)[number];

/** waiting: another one is made first. */
export const BATCH_STATES = ['waiting', 'running', 'done', 'cancelled', 'failed'] as const;
export type BatchState = (typeof BATCH_STATES)[number];

export interface BatchAsked {
  node: string;
  /** `2026-12` */
  month: string;
  kind: ReportKind;
  language: ReportLanguage;
  forms: readonly BatchForm[];
}

/** As it is kept in the file of its directory. */
export interface BatchRecord extends BatchAsked {
  id: string;
  /** Name of the node. */
  name: string;
  /** The institutions whose reports are made, in their order. */
  of: { node: string; name: string }[];
  state: BatchState;
  /** epoch ms */
  createdAt: number;
  finishedAt: number | null;
  /** Institutions whose report could not be made, and why. */
  failures: { node: string; message: string }[];
  /** Why it stopped altogether; null: it did not. */
  error: string | null;
}

export interface Batch extends BatchRecord {
  /** Institutions whose files are all made. */
  done: number;
}

/** Of one batch; a province in one archive has to stay below the 4 GB of a zip file. */
export const LIMIT_INSTITUTIONS = 5000;
/** That wait or run. */
export const LIMIT_OPEN = 3;
/** That are kept; the oldest that are over make room. */
export const LIMIT_KEPT = 10;
export const KEPT_MS = 30 * 86_400_000;

/** What cannot be made: the field at fault, as the API spells it, and why. */
export class BatchError extends Error {
  override readonly name = 'BatchError';
  readonly path: string;

  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** Too many are open. */
export class BatchBusyError extends Error {
  override readonly name = 'BatchBusyError';
}

const ID = /^\d{4}-\d{2}-[0-9a-f]{8}$/;

/** Whether it can be the name of a batch, and so of its directory. */
export function isBatchId(id: string): boolean {
  return ID.test(id);
}

export function isOpen({ state }: Pick<BatchRecord, 'state'>): boolean {
  return state === 'waiting' || state === 'running';
}

/** @throws Error that names what is wrong with a file that is none of a batch */
export function parseBatch(text: string): BatchRecord {
  const record = JSON.parse(text) as BatchRecord;
  const known =
    isBatchId(record.id) &&
    Array.isArray(record.of) &&
    Array.isArray(record.failures) &&
    BATCH_STATES.includes(record.state) &&
    REPORT_KINDS.includes(record.kind) &&
    REPORT_LANGUAGES.includes(record.language) &&
    record.forms.every((form) => BATCH_FORMS.includes(form));
  if (!known) throw new Error('it is no batch');
  return record;
}
