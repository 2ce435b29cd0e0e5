import type { z } from 'zod';
import type { ComplianceList as Shape } from '../../../../server/http/schemas/compliance.ts';
import type { Dates } from '../i18n/format.ts';
import type { ComplianceWords } from './words.zh.ts';

export type ComplianceList = z.infer<typeof Shape>;
export type Institution = ComplianceList['institutions'][number];
export type Row = Institution['rows'][number];

/** What the system shows or lacks, and what a person entered, in words. */
export function evidenceText(row: Row, w: ComplianceWords, dates: Dates): string {
  const told = row.witnesses.map(
    ({ what, value, of }) => w.witnesses[what]?.(dates.written(String(value ?? '')), of ?? '') ?? what,
  );
  const { evidence } = row;
  if (evidence) {
    const number = evidence.number === null ? [] : [w.number(evidence.number)];
    told.push([evidence.text, dates.written(evidence.date), ...number, w.by(evidence.author)].join(w.comma));
  }
  return told.join(w.comma);
}
