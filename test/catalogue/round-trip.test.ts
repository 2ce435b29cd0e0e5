import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Catalogue, openCatalogue } from '../../server/catalogue/catalogue.ts';
import type {
  EstateFile,
  ExchangeInFile,
  MeterInFile,
  NodeInFile,
  VirtualInFile,
} from '../../server/catalogue/estate-file.ts';
import { isPostgres } from '../../server/catalogue/postgres/address.ts';
import { spellUnit, unitsOf } from '../../server/catalogue/units.ts';
import { CARRIERS, type Carrier, type NodeKind, type RegisterKind } from '../../server/domain/meter.ts';
import { runs, temporaryPlace } from './temporary-catalogue.ts';

const ZONES = ['Asia/Shanghai', 'Europe/Berlin', 'America/St_Johns', 'Asia/Kathmandu', 'UTC'];

/** Ids that YAML or JavaScript would rather take for something else, and ordinary ones. */
const id = fc.oneof(
  fc.constantFrom('null', 'true', 'no', '-', '1e3', '.5', '0x1F', '007', '1.0', '2024-01-01'),
  fc.constantFrom('__proto__', 'constructor', '...', '---', '.inf', '-1', '1_000', 'A'.repeat(64)),
  fc.stringMatching(/^[A-Za-z0-9._-]{1,12}$/),
);

/** Any text that a name may be, also one that looks like YAML. */
const text = fc
  .oneof(
    fc.constantFrom(
      '#',
      '- a',
      'a: b',
      '"',
      "'",
      '*x',
      '&x',
      '!!str',
      '{',
      '12',
      'null',
      '%',
      '@',
      '总进线 #1',
    ),
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: 'grapheme', maxLength: 30 }),
  )
  .map((s) => s.replace(/[\p{Cc}\p{Cs}]/gu, '').trim())
  .filter((s) => s !== '');

const finite = fc.oneof(
  fc.integer({ min: -1_000_000, max: 1_000_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const notNegative = finite.map(Math.abs);
const positive = notNegative.filter((n) => n > 0);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

/** Instants from 1990 to 2050, to the millisecond. */
const instant = fc.integer({ min: Date.UTC(1990, 0, 1), max: Date.UTC(2050, 0, 1) });

const date = instant.map((at) => new Date(at).toISOString().slice(0, 10));

const attributes = fc.dictionary(
  fc.constantFrom('floor_area_m2', 'people', 'longitude', 'constructor', 'a'),
  fc.uniqueArray(fc.record({ from: date, value: notNegative }), { selector: (v) => v.from, maxLength: 4 }),
);

/** Below which earlier node it hangs is a number that is taken modulo those of a kind that allows it. */
interface NodeSeed {
  id: string;
  name: string;
  kind: NodeKind;
  place: number;
  attributes: Record<string, { from: string; value: number }[]> | undefined;
}

const nodeSeed: fc.Arbitrary<NodeSeed> = fc.record({
  id,
  name: text,
  kind: fc.constantFrom<NodeKind>('region', 'institution', 'building', 'space'),
  place: fc.nat(),
  attributes: maybe(attributes),
});

const meterSeed = fc.record({
  id,
  name: text,
  place: fc.nat(),
  upstream: fc.nat(),
  carrier: fc.constantFrom(...CARRIERS),
  register: fc.constantFrom('cumulative', 'interval', 'power' as const),
  item: maybe(fc.stringMatching(/^\d{2}[0-9A-Z]{3}$/)),
  multiplier: maybe(positive),
  rollover: maybe(fc.integer({ min: 1, max: 10_000_000 })),
  max_rate: maybe(positive),
  interval_s: maybe(fc.integer({ min: 1, max: 86_400 })),
  interval_label: maybe(fc.constantFrom('start', 'end' as const)),
  times: fc.uniqueArray(instant, { maxLength: 5 }),
  began: fc.boolean(),
  out: maybe(fc.boolean()),
  volatile: maybe(fc.boolean()),
  exchanges: fc.array(
    fc.record({
      share: maybe(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })),
      multiplier: maybe(positive),
      rollover: maybe(fc.option(fc.integer({ min: 1, max: 10_000_000 }))),
      max_rate: maybe(fc.option(positive)),
      note: maybe(text),
      continues: maybe(fc.boolean()),
    }),
    { minLength: 5, maxLength: 5 },
  ),
});
type MeterSeed = typeof meterSeed extends fc.Arbitrary<infer T> ? T : never;

const virtualSeed = fc.record({
  id,
  name: text,
  place: fc.nat(),
  upstream: fc.nat(),
  carrier: fc.nat(),
  item: maybe(fc.stringMatching(/^\d{2}[0-9A-Z]{3}$/)),
  /** Which of those that it may be made of are added, which subtracted. */
  plus: fc.nat(),
  minus: fc.nat(),
});
type VirtualSeed = typeof virtualSeed extends fc.Arbitrary<infer T> ? T : never;

const PARENTS: Record<NodeKind, NodeKind[]> = {
  region: ['region'],
  institution: ['region', 'institution', 'building'],
  building: ['region', 'institution', 'building'],
  space: ['region', 'institution', 'building', 'space'],
};

/** Drops what is not said, as a file has no key for it. */
function said<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as T;
}

function nodesOf(seeds: readonly NodeSeed[]): NodeInFile[] {
  return seeds.map((seed, i) => {
    const above = seeds.slice(0, i).filter((other) => PARENTS[seed.kind].includes(other.kind));
    const parent = above[seed.place % (above.length + 1)]?.id;
    const { id, name, kind, attributes } = seed;
    return said<NodeInFile>({ id, name, kind, parent, attributes });
  });
}

/** All of a carrier in one unit: kW over time are kWh. */
function unitOf(carrier: Carrier, register: RegisterKind): string {
  if (register === 'power') return 'kW';
  return ['heat', 'cooling', 'other'].includes(carrier) ? 'kWh' : (unitsOf(carrier, register)?.[0] ?? '');
}

function meterOf(seed: MeterSeed, before: readonly MeterSeed[], nodes: readonly NodeInFile[]): MeterInFile {
  const gauge = seed.carrier.endsWith('_temperature');
  const counted = unitsOf(seed.carrier, seed.register) ? seed.register : 'interval';
  const register = gauge ? 'gauge' : counted;
  const counts = register === 'cumulative';
  const times = seed.times.toSorted((a, b) => a - b).map((at) => new Date(at).toISOString());
  const from = seed.began ? times.shift() : undefined;
  let rollover = counts ? seed.rollover : undefined;
  const first = rollover;
  const volatile = counts && seed.max_rate !== undefined && seed.volatile;
  const exchanges = times.map((at, i) => {
    const x = seed.exchanges[i] as MeterSeed['exchanges'][number];
    const final = counts && x.share !== undefined ? x.share * (rollover ?? 1e6) : undefined;
    const other = counts && !x.continues && x.rollover !== undefined;
    if (other) rollover = x.rollover ?? undefined;
    return said<ExchangeInFile>({
      at,
      final,
      initial: counts && !x.continues && x.share !== undefined ? x.share * (rollover ?? 1e6) : undefined,
      continues: x.continues,
      multiplier: x.multiplier,
      rollover_at: other ? x.rollover : undefined,
      max_rate: volatile ? (x.max_rate ?? undefined) : x.max_rate,
      note: x.note,
    });
  });
  const above = before.filter((other) => other.carrier === seed.carrier);
  return said<MeterInFile>({
    id: seed.id,
    name: seed.name,
    node: (nodes[seed.place % nodes.length] as NodeInFile).id,
    carrier: seed.carrier,
    item: seed.item,
    parent: above[seed.upstream % (above.length + 1)]?.id,
    // Left out where it is what a meter has that does not say.
    register: gauge || register === 'cumulative' ? undefined : register,
    unit: unitOf(seed.carrier, register),
    direction: seed.out && !gauge ? 'out' : undefined,
    volatile: volatile || undefined,
    multiplier: seed.multiplier,
    rollover_at: first,
    max_rate: seed.max_rate,
    interval_s: seed.interval_s,
    interval_label: seed.interval_label,
    // Never an id: those have no colon.
    address: seed.upstream % 2 ? `:${seed.id}` : undefined,
    from,
    initial: counts && from !== undefined ? Math.min(3, (first ?? 9) - 1) : undefined,
    exchanges: seed.upstream % 3 ? exchanges : [],
  });
}

/** Made of real meters of a carrier, and of the virtual ones before it. */
function virtualOf(
  seed: VirtualSeed,
  meters: readonly MeterInFile[],
  before: readonly VirtualInFile[],
  nodes: readonly NodeInFile[],
): VirtualInFile | null {
  const counted = meters.filter((m) => !m.carrier.endsWith('_temperature'));
  const carrier = counted[seed.carrier % counted.length]?.carrier;
  const known = [...meters, ...before];
  if (carrier === undefined || known.some((m) => m.id === seed.id)) return null;
  const parts = known.filter((m) => m.carrier === carrier).map((m) => m.id);
  const plus = parts.filter((_, i) => i === seed.plus % parts.length || (seed.plus >> i) & 1);
  const minus = parts.filter((p, i) => !plus.includes(p) && (seed.minus >> i) & 1);
  return said<VirtualInFile>({
    id: seed.id,
    name: seed.name,
    node: (nodes[seed.place % nodes.length] as NodeInFile).id,
    carrier,
    item: seed.item,
    parent: parts[seed.upstream % (parts.length + 1)],
    plus,
    minus: seed.minus % 3 ? minus : undefined,
  });
}

const estateFile: fc.Arbitrary<EstateFile> = fc
  .record({
    timezone: maybe(fc.constantFrom(...ZONES)),
    nodes: fc.uniqueArray(nodeSeed, { selector: (n) => n.id, minLength: 1, maxLength: 8 }),
    meters: fc.uniqueArray(meterSeed, { selector: (m) => m.id, maxLength: 8 }),
    virtual: fc.uniqueArray(virtualSeed, { selector: (v) => v.id, maxLength: 4 }),
    gateways: fc.uniqueArray(fc.record({ id, name: text, place: fc.nat() }), {
      selector: (g) => g.id,
      maxLength: 3,
    }),
    profiles: fc.uniqueArray(fc.record({ id, topic: text, more: fc.jsonValue({ maxDepth: 3 }) }), {
      selector: (p) => p.id,
      maxLength: 3,
    }),
    backwards: fc.boolean(),
  })
  .map(({ timezone, backwards, ...seed }) => {
    const nodes = nodesOf(seed.nodes);
    const meters = seed.meters.map((m, i) => meterOf(m, seed.meters.slice(0, i), nodes));
    const virtual: VirtualInFile[] = [];
    for (const v of seed.virtual) {
      const made = virtualOf(v, meters, virtual, nodes);
      if (made) virtual.push(made);
    }
    // Real meters below a virtual one.
    const [sum] = virtual;
    const below = sum && sum.parent === undefined ? meters : [];
    for (const m of below) if (m.parent === undefined && m.carrier === sum?.carrier) m.parent = sum.id;
    return said<EstateFile>({
      version: 1,
      timezone,
      // Parents need not stand before their children.
      nodes: backwards ? nodes.toReversed() : nodes,
      meters: backwards ? meters.toReversed() : meters,
      virtual: backwards ? virtual.toReversed() : virtual,
      gateways: seed.gateways.map(({ place, ...g }) => ({ ...g, ...said({ node: nodes[place % 9]?.id }) })),
      profiles: seed.profiles,
    });
  });

const memory = (): string => {
  const place = temporaryPlace();
  return isPostgres(place) ? place : ':memory:';
};

function withCatalogues(work: (one: Catalogue, other: Catalogue) => void): void {
  const now = (): number => 17;
  const one = openCatalogue(memory(), { now });
  const other = openCatalogue(memory(), { now });
  try {
    work(one, other);
  } finally {
    one.close();
    other.close();
  }
}

test('an estate that is exported and applied to an empty catalogue is the same estate', () => {
  fc.assert(
    fc.property(estateFile, (file) => {
      withCatalogues((one, other) => {
        const count = ['nodes', 'meters', 'virtual', 'gateways', 'profiles'] as const;
        const entries = count.reduce((sum, key) => sum + (file[key]?.length ?? 0), 0);
        expect(one.applyEstate(file, 'test').created).toBe(entries);
        const text = one.exportEstate();
        // Onto itself: nothing to do.
        const again = one.applyEstate(text, 'test');
        expect(again).toEqual({ created: 0, updated: 0, unchanged: entries, changedMeters: [] });
        expect(one.applyEstate(file, 'test')).toEqual(again);
        // Into an empty one: the same estate, the same bytes.
        expect(other.applyEstate(text, 'test').created).toBe(entries);
        expect(other.exportEstate()).toBe(text);
        const [a, b] = [one.snapshot(), other.snapshot()];
        expect(b.zone.name).toBe(a.zone.name);
        expect(b.nodes).toEqual(a.nodes);
        expect(b.meters).toEqual(a.meters);
        expect(b.virtuals).toEqual(a.virtuals);
        expect(b.gateways).toEqual(a.gateways);
        expect(other.profiles()).toEqual(one.profiles());
      });
    }),
    { numRuns: runs(200) },
  );
});

test('a meter is kept as its file describes it', () => {
  fc.assert(
    fc.property(estateFile, (file) => {
      withCatalogues((one) => {
        one.applyEstate(file, 'test');
        const estate = one.snapshot();
        for (const m of file.meters ?? []) {
          const kept = estate.meter(m.id);
          expect(kept?.unit).toBe(spellUnit(m.unit ?? ''));
          const exchanges = m.exchanges ?? [];
          // n exchanges part the life of a metering point into n + 1 epochs that touch each other.
          expect(kept?.epochs).toHaveLength(exchanges.length + 1);
          for (const [i, x] of exchanges.entries()) {
            const [before, after] = [kept?.epochs[i], kept?.epochs[i + 1]];
            expect([before?.to, after?.from]).toEqual([Date.parse(x.at), Date.parse(x.at)]);
            const initial = x.continues ? x.final : x.initial;
            expect([before?.final, after?.initial]).toEqual([x.final ?? null, initial ?? null]);
            expect(after?.continues).toBe(x.continues ?? false);
            expect(after?.multiplier).toBe(x.multiplier ?? before?.multiplier);
          }
        }
      });
    }),
    { numRuns: runs(100) },
  );
});
