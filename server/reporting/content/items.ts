import { type SharesOf, sharesBy } from '../../conservation/shares.ts';
import { changeOf } from '../../domain/comparison.ts';
import type { Block, Row, Section } from '../model.ts';
import type { ReportGround } from './facts.ts';
import type { ReportPeriod } from './period.ts';
import { column, notesOf, numberCell, textCell } from './say.ts';
import type { Words } from './words.ts';

/** Electricity by sub-item (分项), and what no sub-meter accounts for. */
export interface Items {
  now: SharesOf;
  lastYear: SharesOf | null;
}

export async function itemsOf(
  ground: ReportGround,
  node: string,
  period: ReportPeriod,
): Promise<Items | null> {
  const { estate, months } = ground;
  const { current, lastYear } = period.inMonth;
  const sums: Parameters<typeof sharesBy>[0] = (list, spans) => months.sums(list, spans);
  const now = await sharesBy(sums, estate, node, 'electricity', current);
  if (!now) return null;
  return { now, lastYear: await sharesBy(sums, estate, node, 'electricity', lastYear) };
}

export function itemsSection(items: Items | null, w: Words): Section {
  const words = w.items;
  const known = items?.now.items.filter((i) => i.item !== null) ?? [];
  if (!items || known.length === 0) {
    return { id: 'items', heading: words.heading, blocks: [{ kind: 'paragraph', text: words.none }] };
  }
  const { now, lastYear } = items;
  const name = (item: string | null): string => (item === null ? words.rest : itemName(item, w));
  const rows = now.items.map((of): Row => {
    const then = lastYear?.items.find((i) => i.item === of.item)?.quantity ?? null;
    const change = changeOf(of.quantity, then);
    const marked = !isKnown(now) || !lastYear || !isKnown(lastYear);
    return {
      kind: 'row',
      cells: {
        code: textCell(of.item ?? ''),
        item: textCell(name(of.item)),
        quantity: numberCell(w, of.quantity),
        share: numberCell(w, of.share),
        last_year: numberCell(w, then),
        change:
          change === null
            ? { value: null, lack: of.quantity !== null && then === 0 ? w.cells.zeroBase : w.cells.unlike }
            : marked
              ? { value: change, mark: w.marks.unlike }
              : { value: change },
      },
    };
  });
  // What sub-items that exceed the whole add up to is no total.
  const whole = now.total !== null && now.items.every((i) => i.quantity !== null);
  const sum = now.items.reduce((s, i) => s + (i.quantity ?? 0), 0);
  const exceeds = now.total !== null && sum > now.total * (1 + 1e-9);
  rows.push({
    kind: 'total',
    ...(whole && !exceeds ? { sums: ['quantity'] } : {}),
    cells: {
      code: textCell(''),
      item: textCell(words.total),
      quantity: numberCell(w, now.total),
      share: now.total ? { value: 1 } : numberCell(w, null),
      last_year: numberCell(w, lastYear?.total ?? null),
      change: numberCell(w, changeOf(now.total, lastYear?.total ?? null)),
    },
  });
  const blocks: Block[] = [
    {
      kind: 'table',
      id: 'items',
      caption: words.caption,
      columns: [
        column.text('code', words.code),
        column.text('item', words.item),
        column.number('quantity', words.quantity, now.unit, 2),
        column.share('share', words.share),
        column.number('last_year', words.lastYear, now.unit, 2),
        column.change('change', words.change, ['quantity', 'last_year']),
      ],
      rows,
      notes: [...(exceeds ? [words.exceeds] : []), ...notesOf(w, rows)],
    },
  ];
  const drawn = now.items.filter((i) => i.quantity !== null);
  if (drawn.length > 1) {
    blocks.push({
      kind: 'chart',
      id: 'items',
      caption: words.chart,
      form: 'bar',
      unit: now.unit,
      categories: drawn.map((i) => name(i.item)),
      series: [
        {
          name: words.lastYear,
          values: drawn.map((i) => lastYear?.items.find((l) => l.item === i.item)?.quantity ?? null),
        },
        { name: words.quantity, values: drawn.map((i) => i.quantity) },
      ],
      description: words.chartSaid(drawn.map((i) => name(i.item)).join(w.and)),
    });
  }
  return { id: 'items', heading: words.heading, blocks };
}

function isKnown({ total, completeness }: SharesOf): boolean {
  return total !== null && completeness >= 0.9;
}

/** By the table of 2008; a code that it does not have, as the one above it, with the code. */
export function itemName(code: string, w: Words): string {
  return w.itemNames[code] ?? `${w.itemNames[`${code.slice(0, 3)}00`] ?? w.items.item} ${code}`;
}
