import type { Span } from '../../conservation/spans.ts';
import { type WaterfallOf, waterfallOf } from '../../conservation/waterfalls.ts';
import type { Estate } from '../../domain/estate.ts';
import type { Node } from '../../domain/meter.ts';
import type { ReportLanguage, Section } from '../model.ts';
import { anomaliesOf, anomaliesSection, anomalyTexts } from './anomalies.ts';
import { completenessSection, gapsOf, shareTexts } from './completeness.ts';
import { consumptionSection } from './consumption.ts';
import { costsOf } from './costs.ts';
import { type CheckSaid, explanationsSection } from './explanations.ts';
import { type ReportGround, type Use, useOf } from './facts.ts';
import { hoursOf, hoursSection } from './hours.ts';
import { indicatorsSection } from './indicators.ts';
import { itemsOf, itemsSection } from './items.ts';
import { measuresSection, type OwnMeasures } from './measures.ts';
import { notesSection } from './notes.ts';
import type { ReportPeriod } from './period.ts';
import { quotasOf, quotasSection, quotaTexts } from './quotas.ts';
import { rankingOf, rankingSection, rankingTexts } from './ranking.ts';
import { summarySection } from './summary.ts';
import { targetsOf, targetsSection, targetsText } from './targets.ts';
import { whyText } from './why.ts';
import { type Words, wordsOf } from './words.ts';

/** What is known beside the figures. */
export interface Beside {
  checks: readonly CheckSaid[];
  measures: OwnMeasures | null;
  /** epoch ms */
  computedAt: number;
  language: ReportLanguage;
}

export interface Content {
  use: Use;
  sections: Section[];
}

/** 月报: all that a month of a node has to tell. */
export async function monthlyOf(
  ground: ReportGround,
  node: Node,
  period: ReportPeriod,
  beside: Beside,
): Promise<Content> {
  const { estate } = ground;
  const w: Words = wordsOf(beside.language);
  const use = await useOf(ground, node, period);
  const targets = await targetsOf(ground, node.id, period.year);
  const quotas = await quotasOf(ground, node, period);
  const anomalies = anomaliesOf(ground, node.id, period);
  const ranking = await rankingOf(ground, node, period);
  const rankings = rankingSection(ranking, w);
  const causes = await causesOf(ground, use);
  const told = {
    why: whyText(use, causes, w),
    targets: [targetsText(targets, w)],
    quotas: quotas ? quotaTexts(quotas, w) : [],
    below: rankingTexts(ranking, w),
    data: [...shareTexts(use, w), ...anomalyTexts(anomalies, w)],
  };
  return {
    use,
    sections: [
      summarySection(estate, use, told, w),
      consumptionSection(ground, use, causes, await costsOf(ground, node.id, period), w),
      indicatorsSection(use, w),
      targetsSection(targets, w),
      ...(quotas ? [quotasSection(ground, quotas, w)] : []),
      itemsSection(await itemsOf(ground, node.id, period), w),
      ...(rankings ? [rankings] : []),
      hoursSection(await hoursOf(ground, node.id, period), w),
      anomaliesSection(ground, anomalies, w),
      completenessSection(ground, use, await gapsOf(ground, node.id, use), w),
      explanationsSection(ground, node.id, period, quotas, beside.checks, beside.language, w),
      measuresSection(ground, node.id, period, beside.measures, w),
      notesSection(ground, use, beside.computedAt, w),
    ],
  };
}

/** Why the month's energy is not that of a year ago; null: one of the two is not known. */
export async function causesOf(ground: ReportGround, use: Use): Promise<WaterfallOf | null> {
  const energy = use.month.get('energy');
  if (!energy || energy.value.value === null || energy.lastYear.value === null) return null;
  const span = wholeDays(ground.estate, use.period.inMonth.current);
  return span.from < span.to ? waterfallOf(ground, use.node.id, 'energy', span) : null;
}

/** The days of a span that are over. */
function wholeDays({ zone }: Estate, { from, to }: Span): Span {
  return { from, to: Math.max(from, zone.startOf('day', to)) };
}
