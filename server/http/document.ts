import type { Report } from '../reporting/model.ts';
import type { ReportForm } from '../reporting/render/render.ts';

export const FORM_TYPES: Record<ReportForm, string> = {
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  html: 'text/html; charset=utf-8',
};

/**
 * The page runs nothing and loads nothing; the dashboard may show it in a frame, measure it and print it. Its styles
 * stand in it, those of its charts at each text.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
  'sandbox allow-same-origin allow-modals',
].join('; ');

/** A rendered report under its title: the page is shown, the files are downloads. */
export function documentResponse(report: Report, form: ReportForm, bytes: Uint8Array): Response {
  const plain = `${report.kind}-${report.node.id}-${report.month}.${form}`;
  const name = attachmentName(plain, `${report.title}.${form}`);
  return new Response(bytes as Uint8Array<ArrayBuffer>, {
    headers: {
      'content-type': FORM_TYPES[form],
      'content-disposition': `${form === 'html' ? 'inline' : 'attachment'}; ${name}`,
      'cache-control': 'no-store',
      ...(form === 'html' && { 'content-security-policy': PAGE_POLICY }),
    },
  });
}

/**
 * The name of a download, RFC 6266: in ASCII for old programs, as it is (RFC 8187) for all others.
 * @param plain in ASCII
 */
export function attachmentName(plain: string, name: string): string {
  const allowed = name.replaceAll(/[\\/:*?"<>|\p{Cc}]/gu, ' ').trim();
  const encoded = encodeURIComponent(allowed).replaceAll(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `filename="${plain.replaceAll(/[^A-Za-z0-9._-]/g, '_')}"; filename*=UTF-8''${encoded}`;
}
