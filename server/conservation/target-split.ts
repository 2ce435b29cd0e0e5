import type { Lack } from '../domain/indicator.ts';
import { divide, restOf } from '../domain/split.ts';
import {
  indicatorOf,
  isExtensive,
  reductionOf,
  type SplitMethod,
  type Target,
  type TargetPath,
  targetValue,
} from '../domain/target.ts';
import { attributeOf } from './attributes.ts';
import { type IndicatorValue, valuesOf } from './indicators.ts';
import { baseOf, type TargetGround, yearSpan } from './targets.ts';

/** What a bureau decides when it measures a target out to the nodes below. */
export interface SplitChoice {
  method: SplitMethod;
  /** Without it those directly below that have meters. */
  nodes?: readonly string[];
  /** By node: the part in the end year of an amount, or the reduction of an indicator per m² or person. */
  byHand: Readonly<Record<string, number>>;
  /** Without it 1, or 0.01 where the whole is small. */
  resolution?: number;
}

export interface SplitPart {
  node: string;
  name: string;
  weight: number | null;
  base: number | null;
  /** In the end year. */
  value: number | null;
  reduction: number | null;
  years: { year: number; value: number | null }[];
  /** What becomes of it; null: it gets no target. */
  target: Target | null;
  lacks: Lack[];
}

export interface SplitResult {
  method: SplitMethod;
  unit: string;
  resolution: number | null;
  extensive: boolean;
  parts: SplitPart[];
  /** Of an amount, by year. */
  totals: { year: number; whole: number | null; parts: number | null; remainder: number | null }[];
  lacks: Lack[];
}

/** A choice that cannot be carried out; `field` is where it stands. */
export class SplitError extends Error {
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** A small whole is measured out in hundredths. */
const SMALL = 10_000;

/**
 * Measures a target out. Amounts are divided and add up to the whole; indicators per m² or person are not
 * divided: each node lowers its own by the same share, or by one of its own.
 * @throws SplitError where the choice cannot be carried out
 */
export async function splitOf(
  ground: TargetGround,
  target: Target,
  choice: SplitChoice,
): Promise<SplitResult> {
  const { estate } = ground;
  const nodes = nodesOf(ground, target, choice);
  const years: number[] = [];
  for (let year = target.baseYear + 1; year <= target.endYear; year++) years.push(year);
  const all = [target.node, ...nodes];
  const span = yearSpan(ground, target.baseYear);
  const found = await valuesOf(ground, all, [target.indicator], [span], target.scheme ?? undefined);
  const measured = found.map((f) => f.values[0]?.[0]);
  const [own, ...below] = measured;
  const base = baseOf(target, own);
  const wholes = years.map((year) => targetValue(target, base.value, year));
  const unit = own?.unit ?? '';
  const lacks = wholes.every((w) => w === null) ? base.lacks : [];
  const basis = { ground, target, choice, nodes, below, years, wholes, base: base.value };
  if (!isExtensive(target.indicator)) {
    const parts = nodes.map((node, i) => lowered(basis, node, below[i]));
    return { method: choice.method, unit, resolution: null, extensive: false, parts, totals: [], lacks };
  }
  if (choice.method === 'reduction') {
    const parts = nodes.map((node, i) => lowered(basis, node, below[i]));
    return {
      method: choice.method,
      unit,
      resolution: null,
      extensive: true,
      parts,
      totals: totals(basis, parts),
      lacks,
    };
  }
  const largest = Math.max(0, ...wholes.map((w) => w ?? 0));
  const resolution = choice.resolution ?? (largest < SMALL ? 0.01 : 1);
  const parts = divided(basis, resolution);
  return {
    method: choice.method,
    unit,
    resolution,
    extensive: true,
    parts,
    totals: totals(basis, parts),
    lacks,
  };

  function nodesOf(of: TargetGround, { node, indicator }: Target, { nodes: asked }: SplitChoice): string[] {
    if (asked) {
      const inside = new Set(of.estate.subtree(node).map((n) => n.id));
      const seen = new Set<string>();
      asked.forEach((id, i) => {
        if (!inside.has(id) || id === node) {
          throw new SplitError(`nodes.${i}`, `${JSON.stringify(id)} is not below ${JSON.stringify(node)}`);
        }
        const above = of.estate
          .path(id)
          .slice(0, -1)
          .find((n) => asked.includes(n.id));
        if (above)
          throw new SplitError(`nodes.${i}`, `${JSON.stringify(id)} is below ${JSON.stringify(above.id)}`);
        if (seen.has(id)) throw new SplitError(`nodes.${i}`, `${JSON.stringify(id)} stands there already`);
        seen.add(id);
      });
      return [...asked];
    }
    const { numerator } = indicatorOf(indicator);
    const has = (id: string): boolean =>
      of.months
        .series(id)
        .some((s) => !s.gauge && (numerator === 'energy' || numerator === 'co2' || s.carrier === numerator));
    const list = estate
      .children(node)
      .map((n) => n.id)
      .filter(has);
    if (list.length === 0)
      throw new SplitError('nodes', `nothing below ${JSON.stringify(node)} has such meters`);
    return list;
  }
}

interface Basis {
  ground: TargetGround;
  target: Target;
  choice: SplitChoice;
  nodes: readonly string[];
  below: readonly (IndicatorValue | undefined)[];
  years: readonly number[];
  wholes: readonly (number | null)[];
  base: number | null;
}

/** Every node lowers its own base. */
function lowered(
  { ground, target, choice, years, wholes, base: whole }: Basis,
  node: string,
  of: IndicatorValue | undefined,
): SplitPart {
  const { method, byHand } = choice;
  if (method !== 'reduction' && method !== 'hand') {
    throw new SplitError('method', `an indicator per m² or person is not divided: reduction or hand`);
  }
  const given = byHand[node];
  if (given !== undefined && !(given >= -1 && given < 1)) {
    throw new SplitError(`by_hand.${node}`, 'must be a share below 1, e.g. 0.05 for 5 %');
  }
  const last = wholes[wholes.length - 1] ?? null;
  const common = target.path.kind === 'values' ? reductionOf(whole, last) : target.path.reduction;
  const reduction = given ?? (method === 'hand' ? null : common);
  const kind = target.path.kind === 'compound' ? 'compound' : 'linear';
  const base = baseOf({ ...target, base: null }, of);
  const path: TargetPath | null = reduction === null ? null : { kind, reduction };
  const child = path && childOf(target, node, method, path);
  return {
    node,
    name: ground.estate.node(node)?.name ?? node,
    weight: null,
    base: base.value,
    value: child && targetValue(child, base.value, target.endYear),
    reduction,
    years: years.map((year) => ({ year, value: child && targetValue(child, base.value, year) })),
    target: child,
    lacks: base.lacks,
  };
}

/** The whole of every year is divided by the same weights. */
function divided(basis: Basis, resolution: number): SplitPart[] {
  const { ground, target, choice, nodes, below, years, wholes } = basis;
  const { estate } = ground;
  const lacks: Lack[][] = nodes.map(() => []);
  const bases = below.map((of) => baseOf({ ...target, base: null }, of));
  const weights = nodes.map((node, i): number | null => {
    if (choice.method === 'equal') return 1;
    if (choice.method === 'hand') return byHandOf(choice, node);
    if (choice.method === 'base') {
      lacks[i]?.push(...(bases[i]?.lacks ?? []));
      const value = bases[i]?.value ?? null;
      return value === null ? null : Math.max(0, value);
    }
    // The tree as it is now decides, not as it was in the base year.
    const name = choice.method === 'area' ? 'floor_area_m2' : 'people';
    const of = attributeOf(estate, node, name, { from: ground.now, to: ground.now + 1 });
    lacks[i]?.push(...of.lacks);
    return of.value;
  });
  const end = wholes[wholes.length - 1] ?? null;
  const byYear = years.map((_, y) => {
    const whole = wholes[y] ?? null;
    if (whole === null) return nodes.map(() => null);
    if (choice.method !== 'hand') return partsOfYear(whole, weights, resolution);
    // What was given is of the end year; the years before follow the path of the whole.
    const scale = y === years.length - 1 || !end ? 1 : whole / end;
    return weights.map((w) => (w === null ? null : stepped(w * scale, resolution)));
  });
  return nodes.map((node, i): SplitPart => {
    const values = years.map((year, y) => ({ year, value: byYear[y]?.[i] ?? null }));
    const known = values.flatMap(({ year, value }) => (value === null ? [] : [{ year, value }]));
    const value = values[values.length - 1]?.value ?? null;
    const base = bases[i]?.value ?? null;
    return {
      node,
      name: estate.node(node)?.name ?? node,
      weight: weights[i] ?? null,
      base,
      value,
      reduction: reductionOf(base, value),
      years: values,
      target:
        known.length === 0 ? null : childOf(target, node, choice.method, { kind: 'values', values: known }),
      lacks: lacks[i] ?? [],
    };
  });
}

function byHandOf({ byHand }: SplitChoice, node: string): number | null {
  const given = byHand[node];
  if (given === undefined) return null;
  if (!(given >= 0)) throw new SplitError(`by_hand.${node}`, 'must not be below 0');
  return given;
}

function partsOfYear(
  whole: number,
  weights: readonly (number | null)[],
  resolution: number,
): (number | null)[] {
  try {
    return divide(whole, weights, resolution).parts;
  } catch (error) {
    throw error instanceof RangeError ? new SplitError('resolution', error.message) : error;
  }
}

function stepped(value: number, resolution: number): number {
  return divide(Math.round(value / resolution) * resolution, [1], resolution).parts[0] ?? 0;
}

function totals({ years, wholes }: Basis, parts: readonly SplitPart[]): SplitResult['totals'] {
  return years.map((year, y) => {
    const whole = wholes[y] ?? null;
    const values = parts.map((p) => p.years[y]?.value ?? null);
    if (whole === null || values.every((v) => v === null))
      return { year, whole, parts: null, remainder: whole };
    const remainder = restOf(whole, values);
    return { year, whole, parts: whole - remainder, remainder };
  });
}

/** The target of a part: one per node and origin, so that splitting again takes its place. */
function childOf(target: Target, node: string, method: SplitMethod, path: TargetPath): Target {
  const [root] = target.id.split(':');
  return {
    ...target,
    id: `${root}:${node}`,
    node,
    base: null,
    path,
    from: target.id,
    split: method,
    note: null,
  };
}
