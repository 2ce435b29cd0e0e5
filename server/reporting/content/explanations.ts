import { stateOf } from '../../domain/explanation.ts';
import type { Check } from '../checks/check.ts';
import { checkSentence } from '../checks/words.ts';
import type { Block, ReportLanguage, Section } from '../model.ts';
import type { ReportGround } from './facts.ts';
import type { ReportPeriod } from './period.ts';
import type { Quotas } from './quotas.ts';
import { amountText } from './say.ts';
import type { Words } from './words.ts';

/** A check of the month with what the institution says about it; null: nothing yet. */
export interface CheckSaid {
  check: Check;
  explanation: { text: string; by: string; at: number } | null;
}

/** Years of explanations that a report speaks of: its own and the one before, which are still discussed. */
const YEARS = 2;
const SHOWN = 100;

/** What was explained: the checks before filing, and use above a quota. */
export function explanationsSection(
  { estate, policy }: ReportGround,
  node: string,
  period: ReportPeriod,
  quotas: Quotas | null,
  checks: readonly CheckSaid[],
  language: ReportLanguage,
  w: Words,
): Section {
  const words = w.explanations;
  const inside = new Map(estate.subtree(node).map((n) => [n.id, n]));
  const items: string[] = [];
  for (const { check, explanation } of checks) {
    const finding = checkSentence(check, language);
    const said = explanation
      ? words.said(explanation.text, explanation.by, w.day(estate.zone.wall(explanation.at)))
      : words.notSaid;
    items.push([finding, said + w.stop].join(w.gap));
  }
  const written = policy
    .list('explanation')
    .filter((e) => inside.has(e.node) && e.year > period.year - YEARS && e.year <= period.year);
  for (const one of written) {
    const last = one.history.findLast((e) => e.action === 'submit' && e.at < period.asOf);
    if (!last) continue;
    const quota = policy.get('quota', one.quota);
    const name = quota ? w.metrics[quota.metric] : one.quota;
    const figure = last.figure
      ? words.figure(
          amountText(w, last.figure.value, last.figure.unit),
          amountText(w, last.figure.constraint, last.figure.unit),
        )
      : '';
    const of = words.quota(inside.get(one.node)?.name ?? one.node, w.year(one.year), name);
    const at = w.day(estate.zone.wall(last.at));
    const state = w.brackets(words.states[stateOf(one)]);
    items.push([of + figure + state, words.said(last.text, last.by, at) + w.stop].join(words.colon));
  }
  const due = (quotas?.of ?? []).flatMap(({ node: of, positions }) =>
    positions.flatMap((p) => (p.explanation?.state === 'open' ? [{ of, metric: p.metric }] : [])),
  );
  for (const { of, metric } of due) items.push(words.due(of.name, w.metrics[metric]) + w.stop);
  const blocks: Block[] =
    items.length === 0
      ? [{ kind: 'paragraph', text: words.none }]
      : [{ kind: 'list', items: items.slice(0, SHOWN) }];
  if (items.length > SHOWN) blocks.push({ kind: 'paragraph', text: w.more(String(items.length - SHOWN)) });
  return { id: 'explanations', heading: words.heading, blocks };
}
