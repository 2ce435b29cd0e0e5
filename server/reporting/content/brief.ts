import type { IndicatorId } from '../../domain/indicator.ts';
import type { Node } from '../../domain/meter.ts';
import type { Block, Section } from '../model.ts';
import { anomaliesOf, anomalyTexts } from './anomalies.ts';
import { shareTexts, WHOLE, weakText } from './completeness.ts';
import { carrierTable, monthsChart } from './consumption.ts';
import { type ReportGround, type Use, useOf } from './facts.ts';
import { known } from './indicators.ts';
import { type Beside, type Content, causesOf } from './monthly.ts';
import { completeness } from './numbers.ts';
import type { ReportPeriod } from './period.ts';
import { quotasOf, quotaTexts } from './quotas.ts';
import { amountText, changeText, sentences } from './say.ts';
import { energyText } from './summary.ts';
import { targetsOf, targetsText } from './targets.ts';
import { whyText } from './why.ts';
import { type Words, wordsOf } from './words.ts';

/** Five of them are shown, those that have a value first. */
const FIGURES: readonly IndicatorId[] = [
  'energy',
  'electricity',
  'water',
  'energy_per_m2',
  'co2',
  'energy_per_person',
  'water_per_person',
  'gas',
  'heat',
];

/** 简报: one page for who has a minute. */
export async function briefOf(
  ground: ReportGround,
  node: Node,
  period: ReportPeriod,
  beside: Beside,
): Promise<Content> {
  const w = wordsOf(beside.language);
  const use = await useOf(ground, node, period);
  const targets = await targetsOf(ground, node.id, period.year);
  const quotas = await quotasOf(ground, node, period);
  const anomalies = anomaliesOf(ground, node.id, period);
  const why = whyText(use, await causesOf(ground, use), w);
  const running = period.running
    ? w.summary.running(w.moment(ground.estate.zone.wall(period.inMonth.current.to)))
    : '';
  const data = [weakText(use, w), ...shareTexts(use, w), ...anomalyTexts(anomalies, w)].filter(
    (t) => t !== '',
  );
  const said = [
    use.carriers.length === 0
      ? w.summary.noMeters(node.name)
      : sentences(w, [energyText(use, w), why ?? '', running]),
    targets.own.length > 0 ? targetsText(targets, w) : w.targets.none(w.year(period.year)),
    sentences(w, [...(quotas ? quotaTexts(quotas, w) : []), ...(data.length > 0 ? data : goodData(use, w))]),
  ];
  const chart = monthsChart(use, w);
  const details: Block[] = [
    ...(use.carriers.length > 0 ? [carrierTable(use, w)] : []),
    ...(chart ? [chart] : []),
  ];
  const sections: Section[] = [
    { id: 'figures', heading: w.brief.figures, blocks: [{ kind: 'list', items: figures(use, w) }] },
    { id: 'summary', heading: w.brief.summary, blocks: said.map((text) => ({ kind: 'paragraph', text })) },
  ];
  if (details.length > 0) sections.push({ id: 'consumption', heading: w.brief.details, blocks: details });
  return { use, sections };
}

/** That nothing is wrong with the data is said where it is so. */
function goodData({ carriers }: Use, w: Words): string[] {
  if (carriers.length === 0) return [];
  const least = Math.min(...carriers.map((c) => c.month.completeness));
  return [least >= WHOLE ? w.brief.goodData : w.summary.completeFrom(completeness(least)) + w.stop];
}

function figures(use: Use, w: Words): string[] {
  const items = FIGURES.flatMap((id): string[] => {
    const of = use.month.get(id);
    if (!of || of.value.value === null) return [];
    const change = changeText(w.lastYear, known(of.value), known(of.lastYear));
    const amount = amountText(w, of.value.value, of.value.unit);
    return [w.brief.figure(w.indicatorNames[id], amount) + (change === null ? '' : w.brackets(change))];
  });
  return items.length > 0 ? items.slice(0, 5) : [w.brief.none];
}
