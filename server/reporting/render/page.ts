import type { Block, Cell, Chart, Column, Report, Row, Table } from '../model.ts';
import type { Drawing } from './charts.ts';
import { cellText, glued, isNumeric } from './figures.ts';
import { layOut, TOGETHER } from './layout.ts';
import { PAGE_CSS } from './page.css.ts';
import { type LayoutWords, layoutWords, titleLines } from './words.ts';

/** The report as a page that needs nothing from elsewhere, runs no script, and prints as a document. */
export function pageOf(report: Report, drawings: ReadonlyMap<string, Drawing>, redHead: boolean): string {
  const words = layoutWords(report.language);
  const numbers = new Numbers();
  const sections = report.sections.map((section, i) => {
    const heading = report.kind === 'brief' ? section.heading : words.section(i + 1, section.heading);
    const blocks = section.blocks.map((block) => blockOf(block, words, numbers, drawings));
    return `<section aria-labelledby="s${i}"><h2 id="s${i}">${text(heading)}</h2>\n${blocks.join('\n')}</section>`;
  });
  const number = report.number === null ? '' : `<p class="number">${text(report.number)}</p>`;
  const head = redHead
    ? `<header class="head"><strong>${text(report.issuer)}</strong><span>${text(report.number ?? '')}</span></header>`
    : '';
  return `<!doctype html>
<html lang="${words.tag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="author" content="${text(report.issuer)}">
<title>${text(report.title)}</title>
<style>${PAGE_CSS}</style>
</head>
<body class="${report.kind}">
<article>
${head}<h1>${titleLines(report.title).map(text).join('<br>')}</h1>
${redHead ? '' : number}
${sections.join('\n')}
${signatureOf(report, words)}
</article>
</body>
</html>
`;
}

/** Tables and figures are counted through the document. */
export class Numbers {
  table = 0;
  figure = 0;
}

function blockOf(
  block: Block,
  words: LayoutWords,
  numbers: Numbers,
  drawings: ReadonlyMap<string, Drawing>,
): string {
  switch (block.kind) {
    case 'paragraph':
      return `<p>${text(glued(block.text))}</p>`;
    case 'list':
      return `<ol>${block.items.map((item) => `<li>${text(glued(item))}</li>`).join('')}</ol>`;
    case 'table':
      return tableOf(block, words, ++numbers.table);
    case 'chart':
      return figureOf(block, words, ++numbers.figure, drawings.get(block.id));
  }
}

function tableOf(table: Table, words: LayoutWords, no: number): string {
  const head = table.columns.map((column) => {
    const unit = column.unit === '' ? '' : `<span class="unit">${text(column.unit)}</span>`;
    return `<th scope="col">${text(column.head)}${unit}</th>`;
  });
  const named = table.columns.findIndex((column) => !isNumeric(column));
  const rows = table.rows.map((row) => rowOf(row, table.columns, named));
  const notes = table.notes.length === 0 ? '' : notesOf(table.notes, words);
  const across = layOut(table).landscape ? ' across' : '';
  const short = table.rows.length <= TOGETHER ? ' short' : '';
  return `<div class="table${across}${short}" role="region" aria-labelledby="c-${text(table.id)}" tabindex="0"><table id="t-${text(table.id)}">
<caption id="c-${text(table.id)}">${text(words.table(no, table.caption))}</caption>
<thead><tr>${head.join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table>${notes}</div>`;
}

function notesOf(notes: readonly string[], words: LayoutWords): string {
  return `<p class="notes">${notes.map((note, i) => (i === 0 ? text(words.notes) : '') + text(glued(note))).join('<br>')}</p>`;
}

function rowOf(row: Row, columns: readonly Column[], named: number): string {
  const cells = columns.map((column, i) => {
    const cell: Cell | undefined = row.cells[column.key];
    const mark = cell?.mark ? `<sup>${text(cell.mark)}</sup>` : '';
    const content = text(cellText(cell, column)) + mark;
    if (i === named) return `<th scope="row">${content}</th>`;
    if (!isNumeric(column)) return `<td>${content}</td>`;
    return `<td class="${typeof cell?.value === 'number' ? 'figure' : 'lack'}">${content}</td>`;
  });
  return `<tr${row.kind === 'total' ? ' class="total"' : ''}>${cells.join('')}</tr>`;
}

function figureOf(chart: Chart, words: LayoutWords, no: number, drawing: Drawing | undefined): string {
  if (!drawing) throw new Error(`chart ${chart.id}: it was not drawn`);
  const svg = drawing.svg.replace(
    /^<svg width="\d+" height="\d+"/,
    `<svg role="img" aria-label="${text(chart.description)}"`,
  );
  return `<figure id="f-${text(chart.id)}">${svg}<figcaption>${text(words.figure(no, chart.caption))}</figcaption></figure>`;
}

function signatureOf({ signature, issuer }: Report, words: LayoutWords): string {
  const people = signature.people.map(
    ({ role, name }) => `<div><dt>${text(role + words.colon)}</dt><dd>${text(name ?? '＿＿＿＿')}</dd></div>`,
  );
  return `<footer class="signature"><dl>${people.join('')}</dl>
<p>${text(issuer)}</p><p>${text(signature.date ?? words.blankDate)}</p></footer>`;
}

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function text(plain: string): string {
  return plain.replaceAll(/[&<>"]/g, (c) => ESCAPES[c] as string);
}
