import { Forecasts } from '../../server/conservation/forecasts.ts';
import { Months } from '../../server/conservation/months.ts';
import type { Report, Row, Section, Table } from '../../server/reporting/model.ts';
import type { ReportSources } from '../../server/reporting/report.ts';
import type { Rig } from '../http/rig.ts';

/** What reports are computed from, over the stores of a rig. */
export function sourcesOf({ deps }: Rig): ReportSources {
  return {
    estate: deps.estate(),
    policy: deps.catalogue.policy(),
    months: new Months(deps.timeseries, deps.estate),
    forecasts: new Forecasts(),
    timeseries: deps.timeseries,
    journal: deps.journal,
  };
}

export function sectionOf(report: Report, id: string): Section {
  const found = report.sections.find((s) => s.id === id);
  if (!found) throw new Error(`no section ${id}`);
  return found;
}

/** Paragraphs and the items of lists. */
export function textOf(section: Section): string[] {
  return section.blocks.flatMap((b) =>
    b.kind === 'paragraph' ? [b.text] : b.kind === 'list' ? b.items : [],
  );
}

export function tableOf(report: Report, id: string): Table {
  const found = report.sections
    .flatMap((s) => s.blocks)
    .find((b): b is Table => b.kind === 'table' && b.id === id);
  if (!found) throw new Error(`no table ${id}`);
  return found;
}

/** The cells of the row that has a text in a column. */
export function rowOf(table: Table, key: string, text: string): Row['cells'] {
  const found = table.rows.find((r) => r.cells[key]?.value === text);
  if (!found) throw new Error(`no row ${text}`);
  return found.cells;
}

export function rowsOf(table: Table): Row['cells'][] {
  return table.rows.map((r) => r.cells);
}
