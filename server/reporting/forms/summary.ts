import type { Sources } from '../../conservation/ground.ts';
import type { Node } from '../../domain/meter.ts';
import { type FormField, type FormPlan, NATURES } from './edition.ts';
import type { FilledCell, FilledRow } from './filled.ts';
import type { InstitutionValues } from './values.ts';

const PARTIAL = '②';
export const SUMMARY_NOTES = [
  `标注“${PARTIAL}”的合计不含未登记或无数据的机构，不据以计算单位指标。`,
] as const;

/** One group of the institutions. */
interface Group {
  name: string;
  order: string;
  values: InstitutionValues[];
}

/** A row for each group, in their order, and the sum of all. */
export function summaryRows(
  sources: Sources,
  node: Node,
  plan: Extract<FormPlan, { layout: 'summary' }>,
  values: readonly InstitutionValues[],
): FilledRow[] {
  const groups = new Map<string, Group>();
  for (const value of values) {
    const { name, order } = groupOf(sources, node, plan.by, value.node);
    const group = groups.get(name) ?? { name, order, values: [] };
    group.values.push(value);
    groups.set(name, group);
  }
  const rows = [...groups.values()]
    .sort((a, b) => a.order.localeCompare(b.order, 'zh'))
    .map((group) => rowOf('row', group.name, plan.fields, group.values));
  return rows.length === 0 ? [] : [...rows, rowOf('total', '合计', plan.fields, values)];
}

function groupOf(
  { estate, policy }: Sources,
  node: Node,
  by: 'department' | 'region' | 'category',
  id: string,
): { name: string; order: string } {
  if (by === 'department') {
    const name = policy.get('institution', id)?.department;
    return name ? { name, order: `0${name}` } : { name: '未登记主管部门', order: '9' };
  }
  if (by === 'category') {
    const { type } = estate.classification(id);
    if (type === null) return { name: '未登记类别', order: '9' };
    return { name: `${NATURES[type].code} ${NATURES[type].name}`, order: NATURES[type].code };
  }
  const path = estate.path(id);
  const child = path[path.findIndex((n) => n.id === node.id) + 1];
  // What stands directly in the region is of its own level.
  if (child?.kind !== 'region') return { name: `${node.name}本级`, order: '0' };
  return { name: child.name, order: `1${child.classification?.region ?? ''}${child.name}` };
}

function rowOf(
  kind: FilledRow['kind'],
  name: string,
  fields: readonly FormField[],
  values: readonly InstitutionValues[],
): FilledRow {
  const cells: Record<string, FilledCell> = {
    group: { value: name, digits: null, mark: null, formula: null },
  };
  for (const f of fields) {
    if (f.source.of !== 'ratio') cells[f.key] = sumOf(kind, f, values);
  }
  for (const f of fields) {
    if (f.source.of === 'ratio') cells[f.key] = ratioOf(f, f.source, cells);
  }
  return { kind, cells };
}

/** What is known of the sum; marked where something is not. */
function sumOf(kind: FilledRow['kind'], f: FormField, values: readonly InstitutionValues[]): FilledCell {
  const formula = kind === 'total' ? ({ op: 'sum' } as const) : null;
  if (f.source.of === 'institutions') return { value: values.length, digits: 0, mark: null, formula };
  let sum: number | null = null;
  let partial = false;
  for (const value of values) {
    const told = f.source.of === 'cost' ? value.cost(null) : value.told(f.source).value;
    if (typeof told === 'number') sum = (sum ?? 0) + told;
    else if (f.source.of === 'attribute' || f.source.of === 'energy') partial = true;
    // An institution without the carrier uses none of it; one whose meters are silent does.
    else if (f.source.of === 'quantity' && value.has(f.source.carrier)) partial = true;
  }
  return { value: sum, digits: f.digits, mark: sum !== null && partial ? PARTIAL : null, formula };
}

function ratioOf(
  f: FormField,
  { dividend, divisor, times }: Extract<FormField['source'], { of: 'ratio' }>,
  cells: Readonly<Record<string, FilledCell>>,
): FilledCell {
  const [a, b] = [cells[dividend], cells[divisor]];
  const known =
    typeof a?.value === 'number' && typeof b?.value === 'number' && b.value > 0 && !a.mark && !b.mark;
  return {
    value: known ? ((a.value as number) * times) / (b.value as number) : null,
    digits: f.digits,
    mark: null,
    formula: known ? { op: 'ratio', dividend, divisor, times } : null,
  };
}
