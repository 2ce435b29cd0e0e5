import type { Report } from '../model.ts';
import { renderForms } from './forms.ts';

/** What a report is rendered as: a Word document, a workbook, or a page that prints. */
export const REPORT_FORMS = ['docx', 'xlsx', 'html'] as const;
export type ReportForm = (typeof REPORT_FORMS)[number];

/** The report in one form, as the bytes of the file. */
export async function renderReport(report: Report, as: ReportForm): Promise<Uint8Array> {
  return (await renderForms(report, [as]))[as];
}
