import type { Estate } from '../domain/estate.ts';
import type { Node } from '../domain/meter.ts';
import { briefOf } from './content/brief.ts';
import { bulletinOf, type FilingNote } from './content/bulletin.ts';
import { monthOf } from './content/consumption.ts';
import type { CheckSaid } from './content/explanations.ts';
import type { ReportGround, ReportSources } from './content/facts.ts';
import type { OwnMeasures } from './content/measures.ts';
import { type Beside, type Content, monthlyOf } from './content/monthly.ts';
import { periodOf, type ReportPeriod } from './content/period.ts';
import { capital, dateText } from './content/say.ts';
import { wordsOf } from './content/words.ts';
import {
  type Block,
  REPORT_MODEL,
  type Report,
  type ReportKind,
  type ReportLanguage,
  type Section,
} from './model.ts';

export type { FilingNote } from './content/bulletin.ts';
export type { CheckSaid } from './content/explanations.ts';
export type { ReportSources } from './content/facts.ts';
export type { OwnMeasures } from './content/measures.ts';

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
  /** Checks before filing, with what was said about each. */
  checks?: readonly CheckSaid[];
  /** Of a bulletin: how far the filings of the institutions are; without it nothing is said of them. */
  filings?: readonly FilingNote[];
  /** What the institution writes about its measures. */
  measures?: OwnMeasures;
  /** 文号 */
  number?: string;
  /** Who signs, by the roles of the form: head, statistics, prepared by. */
  signed?: readonly (string | null)[];
  /** YYYY-MM-DD on which it was filed. */
  filedOn?: string;
}

/**
 * A report, computed now. A month that is over is told as it stood at its end, one that runs up to the last full
 * hour.
 * @throws RangeError that names the field: no such node, no month, one that has not begun, a scheme that is gone
 */
export async function buildReport(sources: ReportSources, asked: ReportAsked): Promise<Report> {
  const { estate } = sources;
  const { language } = asked;
  const node = estate.node(asked.node);
  if (!node) throw new RangeError(`node: there is no ${JSON.stringify(asked.node)}`);
  const period = periodOf(estate.zone, asked.month, asked.now);
  const ground: ReportGround = { ...sources, now: period.asOf };
  const w = wordsOf(language);
  const beside: Beside = {
    checks: asked.checks ?? [],
    measures: asked.measures ?? null,
    computedAt: asked.now,
    language,
  };
  const { use, sections } = await contentOf(ground, node, period, beside, asked);
  const { scheme } = use.conversion;
  return {
    model: REPORT_MODEL,
    kind: asked.kind,
    language,
    node: { id: node.id, name: node.name },
    month: period.month,
    zone: estate.zone.name,
    issuer: issuerOf(estate, node),
    title: w.title[asked.kind](node.name, w.month(monthOf(period.month))),
    number: asked.number ?? null,
    scheme: { id: scheme.id, name: scheme.name },
    computedAt: asked.now,
    sections: sections.map(capitalised),
    signature: {
      people: w.people.map((role, i) => ({ role, name: asked.signed?.[i] ?? null })),
      date: asked.filedOn === undefined ? null : dateText(w, asked.filedOn),
    },
  };
}

function contentOf(
  ground: ReportGround,
  node: Node,
  period: ReportPeriod,
  beside: Beside,
  { kind, filings }: ReportAsked,
): Promise<Content> {
  if (kind === 'bulletin') return bulletinOf(ground, node, period, beside, filings ?? null);
  if (kind === 'brief') return briefOf(ground, node, period, beside);
  return monthlyOf(ground, node, period, beside);
}

/** Paragraphs and items begin with a capital letter, where the writing has such. */
function capitalised(section: Section): Section {
  const blocks = section.blocks.map((block): Block => {
    if (block.kind === 'paragraph') return { ...block, text: capital(block.text) };
    if (block.kind === 'list') return { ...block, items: block.items.map(capital) };
    return block;
  });
  return { ...section, blocks };
}

/** The institution that answers for a building; a region speaks for itself. */
function issuerOf(estate: Estate, node: Node): string {
  const path = estate.path(node.id).reverse();
  return (path.find((n) => n.kind === 'institution') ?? node).name;
}
