import { institutionsBelow } from '../../conservation/comparison.ts';
import type { Sources } from '../../conservation/ground.ts';
import { dateOf } from '../../domain/attribute.ts';
import type { Estate } from '../../domain/estate.ts';
import type { Node } from '../../domain/meter.ts';
import type { FormEdition, FormField, FormPlan } from './edition.ts';
import { EDITIONS, editionOn } from './editions/index.ts';
import type { FilledCell, FilledColumn, FilledForm, FilledRow, FormSet } from './filled.ts';
import { type FormPeriod, formPeriod } from './period.ts';
import { SUMMARY_NOTES, summaryRows } from './summary.ts';
import { type InstitutionValues, institutionValues, type Told } from './values.ts';

const UNCONFIRMED = '*';
const INCOMPLETE = '①';
const PEOPLE = [
  ['单位负责人', 'head'],
  ['统计负责人', 'statistician'],
  ['填表人', 'preparer'],
] as const;

/**
 * The forms of the statistics for a node: an institution's own, or for what has institutions below it the
 * summaries of them by department, region and category.
 * @param period `2026`, `2026-Q3` or `2026-12`
 * @param editionId without it the edition that holds at the end of the period
 * @throws RangeError where there is no such node, period or edition
 */
export async function formsOf(
  sources: Sources,
  nodeId: string,
  period: string,
  editionId?: string,
): Promise<FormSet> {
  const { estate, now } = sources;
  const { zone } = estate;
  const node = estate.node(nodeId);
  if (!node) throw new RangeError(`no node ${JSON.stringify(nodeId)}`);
  const over = formPeriod(zone, period, now);
  const edition =
    editionId === undefined ? editionOn(dateOf(zone, over.to - 1)) : EDITIONS.find((e) => e.id === editionId);
  if (!edition) {
    const known = EDITIONS.map((e) => e.id).join(', ');
    throw new RangeError(`no edition ${JSON.stringify(editionId)}; there are ${known}`);
  }
  const isRegion = node.kind === 'region';
  const below = isRegion ? outermost(estate, institutionsBelow(estate, nodeId)) : [node];
  const ids = below.map((n) => n.id);
  const values = await institutionValues(sources, ids, over);
  const plans = edition.forms.filter((plan) => (plan.layout === 'summary') === isRegion);
  const forms = plans.map((plan): FilledForm => {
    const of: Filling = { sources, node, over, edition, values };
    if (plan.layout === 'summary') return summaryForm(of, plan);
    return plan.layout === 'lines' ? linesForm(of, plan) : recordsForm(of, plan);
  });
  const { id, name, document } = edition;
  return { edition: { id, name, document }, node: { id: node.id, name: node.name }, period: over.id, forms };
}

/** An institution within another is part of it, and would count twice. */
function outermost(estate: Estate, institutions: readonly Node[]): Node[] {
  const ids = new Set(institutions.map((n) => n.id));
  return institutions.filter((n) => !estate.path(n.id).some((up) => up.id !== n.id && ids.has(up.id)));
}

interface Filling {
  sources: Sources;
  node: Node;
  over: FormPeriod;
  edition: FormEdition;
  values: readonly InstitutionValues[];
}

function base(
  { sources, node, over }: Filling,
  plan: FormPlan,
): Omit<FilledForm, 'columns' | 'rows' | 'notes'> {
  const record = sources.policy.get('institution', node.id);
  return {
    id: plan.id,
    title: plan.title,
    header: plan.header,
    unit: node.name,
    creditCode: record?.creditCode ?? null,
    period: over.name,
    signature: PEOPLE.map(([role, who]) => ({ role, name: record?.[who] ?? null })),
  };
}

/** A line for each field: 指标名称, 计量单位, 代码, 数量, and 费用 where the form asks for it. */
function linesForm(of: Filling, plan: Extract<FormPlan, { layout: 'lines' }>): FilledForm {
  const [values] = of.values;
  const columns: FilledColumn[] = [
    { key: 'name', head: '指标名称', unit: '', code: '甲', width: 30 },
    { key: 'unit', head: '计量单位', unit: '', code: '乙', width: 14 },
    { key: 'code', head: '代码', unit: '', code: '丙', width: 8 },
    { key: 'value', head: plan.costs ? '消费量' : '数据', unit: '', code: '1', width: 26 },
    ...(plan.costs ? [{ key: 'cost', head: '费用（元）', unit: '', code: '2', width: 18 }] : []),
  ];
  const seen: Told[] = [];
  const rows = plan.fields.map((f): FilledRow => {
    const told = values?.told(f.source) ?? { value: null, completeness: null };
    seen.push(told);
    const cost = plan.costs ? values?.cost(f.source) : undefined;
    return {
      kind: 'row',
      cells: {
        name: text(`${f.part ? '　其中：' : ''}${f.name}`, f.confirmed ? null : UNCONFIRMED),
        unit: text(f.unit || null),
        code: text(f.code),
        value: cellOf(f, told),
        ...(cost !== undefined && { cost: { value: cost, digits: 2, mark: null, formula: null } }),
      },
    };
  });
  return { ...base(of, plan), columns, rows, notes: notesOf(of, plan, seen) };
}

/** A row for each machine room. */
function recordsForm(of: Filling, plan: Extract<FormPlan, { layout: 'records' }>): FilledForm {
  const seen: Told[] = [];
  const rows = of.values.flatMap(({ rooms }) =>
    rooms.map((room, i): FilledRow => {
      const cells: FilledRow['cells'] = { no: text(String(i + 1)) };
      for (const f of plan.fields) {
        const told = room.told(f.source);
        seen.push(told);
        cells[f.key] = cellOf(f, told);
      }
      return { kind: 'row', cells };
    }),
  );
  const columns = [{ key: 'no', head: '序号', unit: '', code: '甲', width: 6 }, ...columnsOf(plan.fields)];
  const notes = notesOf(of, plan, seen);
  if (rows.length === 0) notes.unshift('没有登记的数据中心机房。');
  return { ...base(of, plan), columns, rows, notes };
}

function summaryForm(of: Filling, plan: Extract<FormPlan, { layout: 'summary' }>): FilledForm {
  const head = { department: '主管部门', region: '行政区域', category: '机构类别' }[plan.by];
  const columns = [{ key: 'group', head, unit: '', code: '甲', width: 24 }, ...columnsOf(plan.fields)];
  const rows = summaryRows(of.sources, of.node, plan, of.values);
  const notes = [...notesOf(of, plan, []), ...SUMMARY_NOTES];
  return { ...base(of, plan), columns, rows, notes };
}

function columnsOf(fields: readonly FormField[]): FilledColumn[] {
  return fields.map((f, i) => ({
    key: f.key,
    head: `${f.name}${f.confirmed ? '' : UNCONFIRMED}`,
    unit: f.unit,
    code: f.code ?? String(i + 1),
    width: f.digits === null ? 20 : 14,
  }));
}

function text(value: string | null, mark: string | null = null): FilledCell {
  return { value, digits: null, mark, formula: null };
}

function cellOf({ digits }: FormField, { value, completeness }: Told): FilledCell {
  return {
    value,
    digits: typeof value === 'number' ? digits : null,
    mark: completeness === null ? null : INCOMPLETE,
    formula: null,
  };
}

function notesOf({ sources, over, edition }: Filling, plan: FormPlan, seen: readonly Told[]): string[] {
  const notes = [...plan.notes];
  if (over.to > sources.now) notes.push('统计期尚未结束，数据截至制表时。');
  const least = Math.min(...seen.map((t) => t.completeness ?? 1));
  if (least < 1) {
    const share = Math.floor(least * 1000) / 10;
    notes.push(`标注“${INCOMPLETE}”的数据在统计期内不完整，完整率最低 ${share} %。`);
  }
  return [...notes, '未登记的项目留空，不以 0 代替。', ...edition.notes];
}
