import type { Report } from '../model.ts';
import { drawCharts } from './charts.ts';
import { pageOf } from './page.ts';
import { pngOf } from './picture.ts';
import type { ReportForm } from './render.ts';
import type { Picture } from './word.ts';

export interface LookOptions {
  /** Opens with the issuer in red above a red line (红头); on paper that has it printed it is left out. */
  redHead?: boolean;
}

/** The report in several forms, its charts drawn once. Takes the thread that it is called on. */
export async function renderForms<F extends ReportForm>(
  report: Report,
  forms: readonly F[],
  { redHead = false }: LookOptions = {},
): Promise<Record<F, Uint8Array>> {
  const wanted = new Set<ReportForm>(forms);
  const drawings = wanted.has('html') || wanted.has('docx') ? await drawCharts(report) : new Map();
  const made: Partial<Record<ReportForm, Uint8Array>> = {};
  if (wanted.has('docx')) {
    const pictures = new Map<string, Picture>();
    await Promise.all(
      [...drawings].map(async ([id, drawing]) => pictures.set(id, { drawing, png: await pngOf(drawing) })),
    );
    const { documentOf } = await import('./word.ts');
    made.docx = await documentOf(report, pictures, redHead);
  }
  if (wanted.has('html')) made.html = new TextEncoder().encode(pageOf(report, drawings, redHead));
  if (wanted.has('xlsx')) {
    const { workbookOf } = await import('./workbook.ts');
    made.xlsx = await workbookOf(report);
  }
  return made as Record<F, Uint8Array>;
}
