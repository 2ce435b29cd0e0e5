import { planId } from '../../domain/target.ts';
import type { Block, Row, Section } from '../model.ts';
import type { ReportGround } from './facts.ts';
import type { ReportPeriod } from './period.ts';
import { column, dateText, numberCell, textCell, unitSign } from './say.ts';
import type { Words } from './words.ts';

/** What the institution writes itself; a line each. */
export interface OwnMeasures {
  taken: readonly string[];
  next: readonly string[];
}

/** Measures taken and to come: what the institution writes, and where the year's plan stands. */
export function measuresSection(
  { estate, policy }: ReportGround,
  node: string,
  period: ReportPeriod,
  own: OwnMeasures | null,
  w: Words,
): Section {
  const words = w.measures;
  const blocks: Block[] = [];
  const list = (title: string, items: readonly string[]): void => {
    if (items.length === 0) return;
    blocks.push({ kind: 'paragraph', text: title }, { kind: 'list', items: [...items] });
  };
  list(words.taken, own?.taken ?? []);
  list(words.next, own?.next ?? []);
  // A building follows the plan of its institution.
  const plan = estate
    .path(node)
    .reverse()
    .map((n) => policy.get('plan', planId(n.id, period.year)))
    .find((p) => p !== undefined);
  if (plan) {
    const filed = plan.filed
      ? words.filed(w.year(plan.year), dateText(w, plan.filed.date), plan.filed.number)
      : words.notFiled(w.year(plan.year));
    blocks.push({ kind: 'paragraph', text: filed });
    if (plan.measures.length > 0) {
      blocks.push({
        kind: 'table',
        id: 'measures',
        caption: words.caption(w.year(plan.year)),
        columns: [
          column.text('measure', words.measure),
          column.number('saving', words.saving, '', 2),
          column.text('unit', w.consumption.unit),
          column.text('due', words.due),
          column.text('state', words.state),
        ],
        rows: plan.measures.map(
          (m): Row => ({
            kind: 'row',
            cells: {
              measure: textCell(m.name),
              saving: m.saving ? numberCell(w, m.saving.quantity) : { value: null, lack: words.notReckoned },
              unit: textCell(m.saving ? unitSign(w, m.saving.unit) : ''),
              due: m.due === null ? { value: null, lack: words.noDue } : textCell(dateText(w, m.due)),
              state: textCell(words.states[m.state]),
            },
          }),
        ),
        notes: [words.note],
      });
    }
  }
  if (blocks.length === 0) blocks.push({ kind: 'paragraph', text: words.none });
  return { id: 'measures', heading: words.heading, blocks };
}
