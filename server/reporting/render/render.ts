import type { Report } from '../model.ts';
import type { LookOptions } from './forms.ts';
import { RenderPool } from './pool.ts';

/** What a report is rendered as: a Word document, a workbook, or a page that prints. */
export const REPORT_FORMS = ['docx', 'xlsx', 'html'] as const;
export type ReportForm = (typeof REPORT_FORMS)[number];

/** One for the process: its threads start with the first report and end when none has come for a while. */
const pool = new RenderPool();

/**
 * The report in one form, as the bytes of the file; made on another thread, so that intake goes on.
 * @throws RenderBusyError when too many wait already
 */
export async function renderReport(
  report: Report,
  as: ReportForm,
  look: LookOptions = {},
): Promise<Uint8Array> {
  return (await pool.render(report, [as], look))[as];
}

/** The same for several forms at once; the charts are drawn once for all of them. */
export async function renderReportForms<F extends ReportForm>(
  report: Report,
  forms: readonly F[],
  look: LookOptions = {},
): Promise<Record<F, Uint8Array>> {
  return pool.render(report, forms, look);
}
