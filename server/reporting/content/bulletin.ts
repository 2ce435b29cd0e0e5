import type { FilingState } from '../../domain/filing.ts';
import type { Node } from '../../domain/meter.ts';
import type { Block, Row, Section } from '../model.ts';
import { anomaliesOf } from './anomalies.ts';
import { consumptionSection } from './consumption.ts';
import { costsOf } from './costs.ts';
import { isComplete, type ReportGround, useOf } from './facts.ts';
import { type Institutions, institutionsOf, institutionsSection } from './institutions.ts';
import { type Beside, type Content, causesOf } from './monthly.ts';
import { notesSection } from './notes.ts';
import { fixed } from './numbers.ts';
import type { ReportPeriod } from './period.ts';
import { type Quotas, quotasOf, quotasSection, quotaTexts } from './quotas.ts';
import { column, dateText, inScale, numberCell, scaled, textCell, unitSign } from './say.ts';
import { isBehind, isKept, standingsOf, type TargetStanding } from './standings.ts';
import { summarySection } from './summary.ts';
import { targetsOf, targetsText } from './targets.ts';
import { whyText } from './why.ts';
import { type Words, wordsOf } from './words.ts';

/** How far the filing of an institution is. */
export interface FilingNote {
  node: string;
  state: FilingState;
  /** YYYY-MM-DD; null: no deadline is set. */
  due: string | null;
  late: boolean;
}

/** 通报: a bureau on its institutions. */
export async function bulletinOf(
  ground: ReportGround,
  node: Node,
  period: ReportPeriod,
  beside: Beside,
  filings: readonly FilingNote[] | null,
): Promise<Content> {
  const { estate } = ground;
  const w = wordsOf(beside.language);
  const use = await useOf(ground, node, period);
  const institutions = await institutionsOf(ground, node, period);
  const below = estate.subtree(node.id).filter((n) => n !== node);
  const standings = await standingsOf(ground, below, period.year);
  const quotas = await quotasOf(ground, node, period);
  const own = await targetsOf(ground, node.id, period.year);
  const causes = await causesOf(ground, use);
  const told = {
    why: whyText(use, causes, w),
    targets: [targetsText(own, w), ...behindTexts(standings, w)],
    quotas: quotas ? quotaTexts(quotas, w) : [],
    below: [],
    data: filings ? filedTexts(filings, w) : [],
  };
  const suspects = anomaliesOf(ground, node.id, period).suspects.length;
  return {
    use,
    sections: [
      summarySection(estate, use, told, w),
      consumptionSection(ground, use, causes, await costsOf(ground, node.id, period), w),
      institutionsSection(institutions, w),
      standingsSection(standings, w),
      ...(quotas ? [quotasSection(ground, quotas, w)] : []),
      ...(filings ? [filingsSection(estate.node.bind(estate), filings, w)] : []),
      remindersSection(
        { institutions, standings, quotas, filings, suspects },
        (id) => estate.node(id)?.name ?? id,
        w,
      ),
      notesSection(ground, use, beside.computedAt, w),
    ],
  };
}

function behindTexts(standings: readonly TargetStanding[], w: Words): string[] {
  if (standings.length === 0) return [];
  const behind = standings.filter(isBehind).length;
  const kept = standings.filter(isKept).length;
  const open = standings.length - behind - kept;
  const said = w.bulletin.targets(fixed(standings.length, 0), fixed(kept, 0), fixed(behind, 0));
  return [(open > 0 ? said + w.comma + w.bulletin.openTargets(fixed(open, 0)) : said) + w.stop];
}

function standingsSection(standings: readonly TargetStanding[], w: Words): Section {
  const words = w.bulletin;
  if (standings.length === 0) {
    const text = words.noTargets;
    return { id: 'targets', heading: words.targetsHeading, blocks: [{ kind: 'paragraph', text }] };
  }
  const sorted = [...standings].sort((a, b) => (b.share ?? -2) - (a.share ?? -2));
  return {
    id: 'targets',
    heading: words.targetsHeading,
    blocks: [
      {
        kind: 'table',
        id: 'standings',
        caption: words.standings,
        columns: [
          column.text('node', w.ranking.node),
          column.text('indicator', w.targets.indicator),
          column.text('unit', w.targets.unit),
          column.number('budget', w.targets.budget, '', 2),
          column.number('actual', w.targets.actual, '', 2),
          column.number('expected', w.targets.expected, '', 2),
          column.change('share', words.share, ['actual', 'expected']),
          column.text('result', w.targets.result),
        ],
        rows: sorted.map((of): Row => {
          const { node, target, budget, actual, expected, share } = of;
          const scale = scaled(of.unit);
          return {
            kind: 'row',
            cells: {
              node: textCell(node.name),
              indicator: textCell(w.indicatorNames[target.indicator]),
              unit: textCell(unitSign(w, scale.unit)),
              budget: numberCell(w, inScale(budget, scale)),
              actual: numberCell(w, inScale(actual, scale)),
              expected: numberCell(w, inScale(expected, scale)),
              share: numberCell(w, share),
              result: textCell(
                isBehind(of) ? words.behind : isKept(of) ? words.kept : w.targets.verdicts.unknown,
              ),
            },
          };
        }),
        notes: [words.standingsNote],
      },
    ],
  };
}

/** Whether a filing is with the bureau, or past it. */
function isFiled({ state }: FilingNote): boolean {
  return state !== 'draft' && state !== 'returned';
}

function filedTexts(filings: readonly FilingNote[], w: Words): string[] {
  if (filings.length === 0) return [];
  const filed = filings.filter(isFiled).length;
  const late = filings.filter((f) => !isFiled(f) && f.late).length;
  const said = w.bulletin.filed(fixed(filings.length, 0), fixed(filed, 0));
  return [(late > 0 ? said + w.comma + w.bulletin.late(fixed(late, 0)) : said) + w.stop];
}

function filingsSection(
  find: (id: string) => Node | undefined,
  filings: readonly FilingNote[],
  w: Words,
): Section {
  const words = w.bulletin;
  const missing = filings.filter((f) => !isFiled(f));
  if (missing.length === 0) {
    return { id: 'filings', heading: words.filings, blocks: [{ kind: 'paragraph', text: words.allFiled }] };
  }
  return {
    id: 'filings',
    heading: words.filings,
    blocks: [
      {
        kind: 'table',
        id: 'filings',
        caption: words.notFiled,
        columns: [
          column.text('node', w.institutions.node),
          column.text('state', words.state),
          column.text('due', words.due),
          column.text('late', words.isLate),
        ],
        rows: missing.map(
          ({ node, state, due, late }): Row => ({
            kind: 'row',
            cells: {
              node: textCell(find(node)?.name ?? node),
              state: textCell(words.states[state]),
              due: due === null ? { value: null, lack: words.noDue } : textCell(dateText(w, due)),
              late: textCell(late ? words.yes : words.no),
            },
          }),
        ),
        notes: [],
      },
    ],
  };
}

interface Due {
  institutions: Institutions;
  standings: readonly TargetStanding[];
  quotas: Quotas | null;
  filings: readonly FilingNote[] | null;
  suspects: number;
}

/** Names that a sentence lists. */
const NAMES = 20;

/** What the bureau asks of whom. */
function remindersSection(
  { institutions, standings, quotas, filings, suspects }: Due,
  nameOf: (id: string) => string,
  w: Words,
): Section {
  const words = w.bulletin;
  const list = (names: readonly string[]): string => {
    const each = [...new Set(names)];
    const shown = each.slice(0, NAMES).join(w.and);
    return each.length > NAMES ? words.andMore(shown, fixed(each.length, 0)) : shown;
  };
  const items: string[] = [];
  const add = (names: readonly string[], say: (names: string) => string): void => {
    if (names.length > 0) items.push(say(list(names)) + w.stop);
  };
  add(
    (filings ?? []).filter((f) => !isFiled(f)).map((f) => nameOf(f.node)),
    words.remindFiling,
  );
  add(
    (quotas?.of ?? []).flatMap(({ node, positions }) =>
      positions.some((p) => p.verdict === 'above_constraint') ? [node.name] : [],
    ),
    words.remindQuota,
  );
  add(
    standings.filter(isBehind).map((s) => s.node.name),
    words.remindTarget,
  );
  add(
    institutions.comparison.rows.filter((r) => r.value !== null && !isComplete(r)).map((r) => r.node.name),
    words.remindData,
  );
  if (suspects > 0) items.push(words.remindSuspects(fixed(suspects, 0)) + w.stop);
  const blocks: Block[] =
    items.length === 0 ? [{ kind: 'paragraph', text: words.nothing }] : [{ kind: 'list', items }];
  return { id: 'reminders', heading: words.reminders, blocks };
}
