import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Frozen } from '../../catalogue/filings.ts';
import { type FilingForm, type FilingKey, filingId } from '../../domain/filing.ts';
import type { Report, ReportKind, ReportLanguage } from '../model.ts';
import { canonicalJson } from './canonical.ts';
import type { FiledCheck } from './checked.ts';

/** Version of this shape; what was frozen keeps the one it was frozen with. */
export const FROZEN_MODEL = 1;

/** All that a submission says, as it said it. */
export interface FrozenFiling {
  model: typeof FROZEN_MODEL;
  node: string;
  form: FilingForm;
  period: string;
  /** When its figures were computed, epoch ms. */
  at: number;
  by: string;
  checks: FiledCheck[];
  /** Each kind, month and language once. */
  reports: Report[];
}

/** What lies in the store is not what was filed. */
export class TamperedFilingError extends Error {
  override readonly name = 'TamperedFilingError';
}

/** Far above any filing: a year of an institution in both languages takes a few MiB. */
const LIMIT_TEXT_BYTES = 128 * 2 ** 20;

/** The text that is kept, and its hash: SHA-256 over canonical JSON in UTF-8. */
export function freeze(filing: FrozenFiling): Frozen {
  const text = Buffer.from(canonicalJson(filing));
  return { hash: sha256(text), bytes: gzipSync(text) };
}

/** @throws TamperedFilingError that names the filing */
export function thaw(key: FilingKey, frozen: Frozen): FrozenFiling {
  const what = `the filing ${filingId(key)}`;
  let text: Buffer;
  try {
    text = gunzipSync(frozen.bytes, { maxOutputLength: LIMIT_TEXT_BYTES });
  } catch {
    throw new TamperedFilingError(`${what} cannot be unpacked: it is not what was filed`);
  }
  const found = sha256(text);
  if (found !== frozen.hash) {
    throw new TamperedFilingError(
      `${what} is not what was filed: its hash is ${found}, on record is ${frozen.hash}`,
    );
  }
  const filing = JSON.parse(text.toString()) as FrozenFiling;
  if (filing.node !== key.node || filing.form !== key.form || filing.period !== key.period) {
    throw new TamperedFilingError(`${what} holds what was filed as ${filingId(filing)}`);
  }
  return filing;
}

/** One of the reports of a filing; undefined: it has none of that kind, month and language. */
export function reportIn(
  filing: FrozenFiling,
  of: { kind: ReportKind; month: string; language: ReportLanguage },
): Report | undefined {
  return filing.reports.find((r) => r.kind === of.kind && r.month === of.month && r.language === of.language);
}

function sha256(text: Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
