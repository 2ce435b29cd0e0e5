import type { Span } from '../conservation/spans.ts';
import { waterfallOf } from '../conservation/waterfalls.ts';
import type { Estate } from '../domain/estate.ts';
import type { Node } from '../domain/meter.ts';
import { consumptionSection, monthOf } from './content/consumption.ts';
import { type ReportGround, type ReportSources, useOf } from './content/facts.ts';
import { indicatorsSection } from './content/indicators.ts';
import { periodOf } from './content/period.ts';
import { summarySection } from './content/summary.ts';
import { whyText } from './content/why.ts';
import { type Words, wordsOf } from './content/words.ts';
import { REPORT_MODEL, type Report, type ReportKind, type ReportLanguage, type Section } from './model.ts';

export type { ReportSources } from './content/facts.ts';

/** Which report is asked for. */
export interface ReportAsked {
  kind: ReportKind;
  /** Id of the node. */
  node: string;
  /** `YYYY-MM` */
  month: string;
  language: ReportLanguage;
  /** The clock, epoch ms. */
  now: number;
}

/**
 * A report, computed now. A month that is over is told as it stood at its end, one that runs up to the last full
 * hour.
 * @throws RangeError that names the field: no such node, no month, one that has not begun, a scheme that is gone
 */
export async function buildReport(sources: ReportSources, asked: ReportAsked): Promise<Report> {
  const { estate } = sources;
  const node = estate.node(asked.node);
  if (!node) throw new RangeError(`node: there is no ${JSON.stringify(asked.node)}`);
  const period = periodOf(estate.zone, asked.month, asked.now);
  const ground: ReportGround = { ...sources, now: period.asOf };
  const w = wordsOf(asked.language);
  const use = await useOf(ground, node, period);
  const energy = use.month.get('energy');
  const waterfall =
    energy?.value.value != null && energy.lastYear.value !== null
      ? await waterfallOf(ground, node.id, 'energy', wholeDays(estate, period.inMonth.current))
      : null;
  const told = { why: whyText(use, waterfall, w), targets: [], quotas: [], data: [] };
  const sections: Section[] = [
    summarySection(estate, use, told, w),
    consumptionSection(use, w),
    indicatorsSection(use, w),
  ];
  const { scheme } = use.conversion;
  return {
    model: REPORT_MODEL,
    kind: asked.kind,
    language: asked.language,
    node: { id: node.id, name: node.name },
    month: period.month,
    zone: estate.zone.name,
    issuer: issuerOf(estate, node),
    title: w.title[asked.kind](node.name, w.month(monthOf(period.month))),
    number: null,
    scheme: { id: scheme.id, name: scheme.name },
    computedAt: asked.now,
    sections,
    signature: signatureOf(w),
  };
}

/** The institution that answers for a building; a region speaks for itself. */
function issuerOf(estate: Estate, node: Node): string {
  const path = estate.path(node.id).reverse();
  return (path.find((n) => n.kind === 'institution') ?? node).name;
}

function signatureOf(w: Words): Report['signature'] {
  return { people: w.people.map((role) => ({ role, name: null })), date: null };
}

/** The days of a span that are over. */
function wholeDays({ zone }: Estate, { from, to }: Span): Span {
  return { from, to: Math.max(from, zone.startOf('day', to)) };
}
