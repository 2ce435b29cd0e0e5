import { attributeOf } from '../../conservation/attributes.ts';
import { conversionOf } from '../../conservation/conversion.ts';
import { metersBy, type Sources } from '../../conservation/ground.ts';
import { valuesOf } from '../../conservation/indicators.ts';
import { figureOf, type Series, seriesOf } from '../../conservation/series.ts';
import type { Span } from '../../conservation/spans.ts';
import { dateOf } from '../../domain/attribute.ts';
import { type BookCarrier, bookUnit } from '../../domain/book.ts';
import type { Amount } from '../../domain/rollup.ts';
import { coefficientAt, unitsPer } from '../../domain/scheme.ts';
import { type Cost, costsOf } from '../costs.ts';
import { type FieldSource, NATURES } from './edition.ts';
import { type Room, roomsOf } from './rooms.ts';

/** What a form says in one place; null: it stays blank. Never 0 for what is not known. */
export interface Told {
  value: number | string | null;
  /** Share of the period that it is known for, where that is less than all of it. */
  completeness: number | null;
}

export const BLANK: Told = { value: null, completeness: null };

/** What an institution and its machine rooms say for the forms over a period. */
export interface InstitutionValues {
  node: string;
  told: (source: FieldSource) => Told;
  /** Yuan of what a source counts, of everything with null; null: nobody entered it. Undefined: it has none. */
  cost: (source: FieldSource | null) => number | null | undefined;
  /** Whether something measures a carrier there, or it is booked. */
  has: (carrier: BookCarrier) => boolean;
  rooms: readonly { name: string; told: (source: FieldSource) => Told }[];
}

/**
 * All institutions are asked for at once, so that a city is one question to the store.
 * @param span whole months
 */
export async function institutionValues(
  sources: Sources,
  nodes: readonly string[],
  span: Span,
): Promise<InstitutionValues[]> {
  const { estate, policy, months } = sources;
  const past = { from: span.from, to: Math.min(span.to, estate.zone.startOf('hour', sources.now)) };
  const list: Series[] = [];
  /** Keeps a series for the one question; what it finds is at that place. */
  const ask = (series: Series | undefined): number | null =>
    series === undefined ? null : list.push(series) - 1;
  const asked = nodes.map((node) => {
    const used = new Map<string, number | null>();
    for (const series of months.series(node)) {
      if (!series.gauge && !used.has(series.carrier)) used.set(series.carrier, ask(series));
    }
    const heating = new Map<string, number | null>([['heat', used.get('heat') ?? null]]);
    const named = metersBy(estate, policy, node, 'heating_meters');
    for (const [carrier, meters] of Map.groupBy(named, (m) => m.carrier)) {
      if (carrier !== 'heat') heating.set(carrier, ask(seriesOf(estate, node, estate.topmost(meters))));
    }
    const rooms = roomsOf(estate, policy, node).map((room) => ({
      room,
      total: ask(room.total),
      it: ask(room.it ?? undefined),
      cooling: ask(room.cooling ?? undefined),
    }));
    return { node, used, heating, rooms };
  });
  const found = past.from < past.to ? await months.sums(list, [past]) : [];
  const energies = past.from < past.to ? await valuesOf(sources, nodes, ['energy'], [past]) : [];

  return asked.map(({ node, used, heating, rooms }, i): InstitutionValues => {
    const { scheme } = conversionOf(estate, policy, node);
    const density = (carrier: BookCarrier): number | null =>
      coefficientAt(scheme, carrier, `${dateOf(estate.zone, span.from).slice(0, 7)}-01`)?.density?.kgPerL ??
      null;
    const amount = (index: number | null | undefined, unit: string, kgPerL: number | null): Told => {
      const series = index == null ? undefined : list[index];
      if (!series || index == null) return BLANK;
      return toldOf(series, found[index]?.[0], past, unit, kgPerL);
    };
    const costs = costsOf(estate, node, span);
    const energy = energies[i]?.values[0]?.[0];
    const told = (source: FieldSource): Told => {
      if (source.of === 'quantity') {
        return amount(used.get(source.carrier), source.unit, density(source.carrier));
      }
      if (source.of === 'heating') {
        return amount(heating.get(source.carrier), source.unit, density(source.carrier));
      }
      if (source.of === 'energy') {
        const value = energy?.value ?? null;
        return { value: value === null ? null : value / 1000, completeness: part(energy?.completeness) };
      }
      if (source.of === 'vehicle_fuel') {
        const fuel = costs.get(source.carrier)?.vehicles ?? null;
        const per = unitsPer(bookUnit(source.carrier), source.unit, density(source.carrier));
        return { value: fuel === null || per === null ? null : fuel * per, completeness: null };
      }
      return fixed(sources, node, span, source);
    };
    return {
      node,
      told,
      has: (carrier) => used.get(carrier) != null,
      cost: (source) => costOf(costs, source),
      rooms: rooms.map(({ room, total, it, cooling }) => ({
        name: room.name,
        told: (source: FieldSource): Told => {
          if (source.of !== 'room') return told(source);
          if (source.what === 'name') return { value: room.name, completeness: null };
          if (source.what === 'total') return amount(total, 'kWh', null);
          if (source.what === 'it') return amount(it, 'kWh', null);
          if (source.what === 'cooling') return amount(cooling, 'kWh', null);
          return roomAttribute(sources, room, span, source.what);
        },
      })),
    };
  });
}

function costOf(
  costs: ReadonlyMap<BookCarrier, Cost>,
  source: FieldSource | null,
): number | null | undefined {
  if (source?.of === 'quantity') return costs.get(source.carrier)?.cost ?? null;
  if (source !== null) return undefined;
  const known = [...costs.values()].flatMap((c) => c.cost ?? []);
  return known.length === 0 ? null : known.reduce((sum, c) => sum + c, 0);
}

function toldOf(
  series: Series,
  amount: Amount | undefined,
  span: Span,
  unit: string,
  kgPerL: number | null,
): Told {
  const { quantity, completeness } = figureOf(series, amount, span.to - span.from);
  const per = unitsPer(series.unit, unit, series.carrier === 'water' ? 1 : kgPerL);
  if (quantity === null || per === null) return BLANK;
  return { value: quantity * per, completeness: part(completeness) };
}

/** Only what is not all of it is worth a mark. */
function part(completeness: number | undefined): number | null {
  return completeness === undefined || completeness > 0.9995 ? null : completeness;
}

/** What is no quantity of a period. */
function fixed({ estate, policy }: Sources, node: string, span: Span, source: FieldSource): Told {
  const text = (value: string | null | undefined): Told => ({ value: value ?? null, completeness: null });
  if (source.of === 'record') return text(policy.get('institution', node)?.[source.field]);
  if (source.of === 'attribute') {
    return { value: attributeOf(estate, node, source.name, span).value, completeness: null };
  }
  if (source.of !== 'node') return BLANK;
  if (source.what === 'name') return text(estate.node(node)?.name);
  const { type, region } = estate.classification(node);
  if (source.what === 'region') return text(region);
  return text(type && `${NATURES[type].code} ${NATURES[type].name}`);
}

const ROOM_ATTRIBUTES = {
  area: 'machine_room_area_m2',
  power: 'machine_room_power_kw',
  ups: 'ups_capacity_kva',
} as const;

function roomAttribute({ estate }: Sources, room: Room, span: Span, what: string): Told {
  if (!Object.hasOwn(ROOM_ATTRIBUTES, what)) return BLANK;
  const name = ROOM_ATTRIBUTES[what as keyof typeof ROOM_ATTRIBUTES];
  return { value: attributeOf(estate, room.attributes, name, span).value, completeness: null };
}
