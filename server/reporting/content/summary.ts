import type { ComparedIndicator } from '../../conservation/compared-indicators.ts';
import type { Estate } from '../../domain/estate.ts';
import type { IndicatorId } from '../../domain/indicator.ts';
import type { Block, Section } from '../model.ts';
import { weakText } from './completeness.ts';
import { type CarrierFact, isComplete, type Use } from './facts.ts';
import { known } from './indicators.ts';
import { completeness, fixed, percent, SAME } from './numbers.ts';
import { amountText, changeText, changeTexts, lackText, sentences } from './say.ts';
import type { Words } from './words.ts';

/** What the month comes to, in sentences that its figures bear. */

export interface Told {
  /** Why the energy differs from last year's; null: that cannot be told. */
  why: string | null;
  targets: readonly string[];
  quotas: readonly string[];
  /** Of the nodes below. */
  below: readonly string[];
  data: readonly string[];
}

export function summarySection(estate: Estate, use: Use, told: Told, w: Words): Section {
  const paragraphs =
    use.carriers.length === 0
      ? [w.summary.noMeters(use.node.name)]
      : [
          scopeText(estate, use, w),
          sentences(w, [energyText(use, w), told.why ?? '']),
          usesText(use, w),
          perText(use, w),
        ];
  paragraphs.push(
    sentences(w, told.targets),
    sentences(w, told.quotas),
    sentences(w, told.below),
    sentences(w, told.data),
  );
  const blocks = paragraphs.flatMap((text): Block[] => (text === '' ? [] : [{ kind: 'paragraph', text }]));
  return { id: 'summary', heading: w.summary.heading, blocks };
}

function scopeText(estate: Estate, use: Use, w: Words): string {
  const { node, period, carriers } = use;
  const meters = estate.metersBelow(node.id).filter((m) => m.register !== 'gauge').length;
  const below = estate.subtree(node.id).filter((n) => n.kind === 'institution' && n !== node).length;
  const least = Math.min(...carriers.map((c) => c.month.completeness));
  const names = (metered: boolean): string =>
    carriers
      .filter((c) => c.metered === metered)
      .map((c) => w.carriers[c.carrier])
      .join(w.and);
  const booked = names(false);
  const parts = [
    names(true) === ''
      ? w.summary.unmetered(node.name)
      : w.summary.metered(node.name, fixed(meters, 0), names(true)),
    ...(booked === '' ? [] : [w.summary.booked(booked)]),
    ...(below > 0 ? [w.summary.institutions(fixed(below, 0))] : []),
    carriers.length > 1 && least < 1
      ? w.summary.completeFrom(completeness(least))
      : w.summary.complete(completeness(least)),
  ];
  const running = period.running
    ? w.summary.running(w.moment(estate.zone.wall(period.inMonth.current.to)))
    : '';
  return sentences(w, [parts.join(w.comma) + w.stop, running, weakText(use, w)]);
}

/** The month's energy against the month before and last year, and the year so far. */
export function energyText(use: Use, w: Words): string {
  const month = use.month.get('energy');
  if (!month) return '';
  if (month.value.value === null) return w.summary.noEnergy(lackText(w, month.value.lacks)) + w.stop;
  const { unit } = month.value;
  const parts = [w.summary.energy(amountText(w, month.value.value, unit)), ...changes(month, w)];
  const year = use.year.get('energy');
  if (use.months.length > 1 && year && year.value.value !== null) {
    const change = changeText(w.lastYear, known(year.value), known(year.lastYear));
    const said = [
      w.summary.year(amountText(w, year.value.value, year.value.unit)),
      ...(change ? [change] : []),
    ];
    return parts.join(w.comma) + w.semicolon + said.join(w.comma) + w.stop;
  }
  return parts.join(w.comma) + w.stop;
}

/** With the amount behind the share, where the two can be held against each other. */
function changes({ value, previous, lastYear }: ComparedIndicator, w: Words): string[] {
  const [now, then] = [known(value), known(lastYear)];
  const by = isSubstantial(value.value, lastYear.value, now, then);
  const said = changeTexts(w, now, then, known(previous));
  if (by === null) return said;
  const amount = amountText(w, Math.abs(by), value.unit);
  const delta = by < 0 ? w.summary.delta.less(amount) : w.summary.delta.more(amount);
  return said.map((text, i) => (i === 0 ? text + w.brackets(delta) : text));
}

/** The difference, where it is told as a rise or a fall. */
function isSubstantial(
  now: number | null,
  then: number | null,
  ...of: { completeness: number }[]
): number | null {
  if (now === null || then === null || then === 0 || !of.every(isComplete)) return null;
  return Math.abs(now / then - 1) < SAME ? null : now - then;
}

function usesText(use: Use, w: Words): string {
  const parts = use.carriers.map((of) => useText(of, w));
  return parts.length === 0 ? '' : parts.join(w.semicolon) + w.stop;
}

export function useText({ carrier, unit, month, lastYear, previous }: CarrierFact, w: Words): string {
  if (month.quantity === null) return w.summary.noUse(w.uses[carrier]);
  return [
    w.summary.use(w.uses[carrier], amountText(w, month.quantity, unit)),
    ...changeTexts(w, month, lastYear, previous),
  ].join(w.comma);
}

const PER: readonly IndicatorId[] = ['energy_per_m2', 'energy_per_person', 'water_per_person', 'co2_per_m2'];

/** The indicators, and whether the area or the headcount has part in their change. */
function perText(use: Use, w: Words): string {
  const parts: string[] = [];
  const changed = new Map<string, string>();
  for (const id of PER) {
    const of = use.month.get(id);
    if (!of || of.value.value === null) continue;
    const change = changeText(w.lastYear, known(of.value), known(of.lastYear));
    const said = [w.summary.per(w.indicatorNames[id], amountText(w, of.value.value, of.value.unit))];
    parts.push([...said, ...(change ? [change] : [])].join(w.comma));
    const now = of.value.denominator;
    const then = of.lastYear.denominator;
    if (change === null || !now?.value || !then?.value) continue;
    const by = now.value / then.value - 1;
    const name = w.attributes[now.attribute] ?? now.attribute;
    if (Math.abs(by) >= SAME) {
      changed.set(
        now.attribute,
        by > 0 ? w.summary.attributeMore(name, percent(by)) : w.summary.attributeLess(name, percent(by)),
      );
    }
  }
  const effect =
    changed.size === 0 ? '' : [...changed.values(), w.summary.attributeEffect].join(w.comma) + w.stop;
  return parts.length === 0 ? '' : sentences(w, [parts.join(w.semicolon) + w.stop, effect]);
}
