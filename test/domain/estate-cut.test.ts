import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Book, type BookEntry } from '../../server/domain/book.ts';
import { dueOf } from '../../server/domain/deadline.ts';
import { Estate } from '../../server/domain/estate.ts';
import type { Carrier, Gateway, Meter, Node, VirtualMeter } from '../../server/domain/meter.ts';
import { Policy } from '../../server/domain/policy.ts';
import { Zone } from '../../server/domain/time.ts';
import { meter } from '../support/estate.ts';

const ZONE = new Zone('Asia/Shanghai');
const CARRIERS = ['electricity', 'water'] as const satisfies Carrier[];
const AT = Date.parse('2026-06-01T00:00:00+08:00');

/** Which of those before it something hangs on; null: on none. */
const before = (i: number): fc.Arbitrary<number | null> =>
  i === 0 ? fc.constant(null) : fc.option(fc.nat({ max: i - 1 }), { freq: 4 });

/** A tree with meters, virtual meters of each other's, gateways, booked months and what is decided for nodes. */
const estates: fc.Arbitrary<Estate> = fc
  .tuple(
    fc.array(fc.record({ kind: fc.constantFrom('institution', 'building'), area: fc.nat(900) }), {
      minLength: 1,
      maxLength: 9,
    }),
    fc.array(
      fc.record({
        node: fc.nat(8),
        up: fc.nat(20),
        carrier: fc.nat(1),
        out: fc.boolean(),
        top: fc.boolean(),
      }),
      { maxLength: 12 },
    ),
    fc.array(fc.record({ node: fc.nat(8), parts: fc.array(fc.nat(30), { minLength: 1, maxLength: 3 }) }), {
      maxLength: 4,
    }),
    fc.array(fc.record({ node: fc.nat(8), quantity: fc.nat(500) }), { maxLength: 6 }),
  )
  .chain(([kinds, readers, sums, entries]) =>
    fc.tuple(...kinds.map((_, i) => before(i))).map((ups) => {
      const id = (i: number): string => `n${i % kinds.length}`;
      const nodes = kinds.map(
        ({ kind, area }, i): Node => ({
          id: id(i),
          name: `node ${i}`,
          kind: kind as Node['kind'],
          parent: ups[i] === null || ups[i] === undefined ? null : id(ups[i]),
          attributes: { floor_area_m2: [{ from: '2025-01-01', value: area }] },
          ...(i % 3 === 0 && {
            classification: { type: 'organ', level: null, zone: null, region: '370600' },
          }),
        }),
      );
      const meters = readers.map((r, no): Meter => {
        const carrier = CARRIERS[r.carrier] as Carrier;
        const up = no === 0 || r.top ? undefined : readers[r.up % no];
        return meter({
          no: no + 1,
          id: `m${no}`,
          node: id(r.node),
          carrier,
          direction: r.out ? 'out' : 'in',
          parent: up && up.carrier === r.carrier ? `m${r.up % no}` : null,
        });
      });
      const virtuals: VirtualMeter[] = [];
      for (const [i, { node, parts }] of sums.entries()) {
        const of = [...meters.filter((m) => m.carrier === 'electricity'), ...virtuals].map((m) => m.id);
        if (of.length === 0) continue;
        const [first, ...rest] = [...new Set(parts.map((p) => of[p % of.length] as string))];
        virtuals.push({
          id: `v${i}`,
          name: `v${i}`,
          node: id(node),
          carrier: 'electricity',
          item: null,
          parent: null,
          plus: [first as string],
          minus: rest,
        });
      }
      const gateways = nodes.map((n, i): Gateway => ({ id: `g${i}`, name: `g${i}`, node: n.id }));
      const booked = entries.map(({ node, quantity }) => entryOf(id(node), quantity));
      return new Estate(
        ZONE,
        nodes,
        meters,
        gateways,
        virtuals,
        new Book().with(
          booked.map((entry) => ({ key: entry, entry })),
          { record: 1, explanation: 0 },
        ),
      );
    }),
  );

function entryOf(node: string, quantity: number): BookEntry {
  const nothing = { period: null, meterNumber: null, collectedBy: null, collectedOn: null, note: null };
  return {
    ...{ node, carrier: 'electricity', account: null, vehicle: null, month: '2026-05' },
    ...{ no: 1, quantity, unit: 'kWh', cost: null, author: 'a', recordedAt: 0, source: 's' },
    ...nothing,
    explanation: null,
  };
}

/** A setting and a deadline of every second node, so that most nodes have theirs from above. */
function decided(estate: Estate): Policy {
  const odd = estate.nodes.filter((_, i) => i % 2 === 0);
  return new Policy([
    ...odd.map(({ id: node }, i) => ({
      kind: 'setting' as const,
      body: { id: `scheme:${node}`, name: 'scheme' as const, node, values: [`s${i}`] },
    })),
    ...odd.map(({ id: node }, i) => ({
      kind: 'deadline' as const,
      body: {
        ...{ id: `d${i}`, form: 'monthly' as const, node, region: null, from: null, months: 1 },
        ...{ day: 1 + i, shift: 'none' as const, source: { text: 's', confidence: 'unconfirmed' as const } },
      },
    })),
  ]);
}

/** Everything that a figure of a node is made of. */
function sourcesOf(estate: Estate, policy: Policy, node: string): unknown {
  return {
    carriers: estate.carriers(node),
    outermost: CARRIERS.map((c) => estate.outermost(node, c).map((m) => [m.id, estate.terms(m.id)])),
    booked: estate.booked(node),
    classification: estate.classification(node),
    area: estate.attribute(node, 'floor_area_m2', AT),
    path: estate.path(node).map((n) => n.id),
    alongIt: estate.path(node).map((n) => estate.metersAt(n.id).map((m) => m.id)),
    below: estate.subtree(node).map((n) => n.id),
    metersBelow: estate.metersBelow(node).map((m) => [m.id, estate.downstream(m.id).map((d) => d.id)]),
    virtualsBelow: estate.virtualsBelow(node).map((v) => [v.id, estate.terms(v.id)]),
    scheme: policy.setting(estate, node, 'scheme'),
    due: dueOf(estate, policy.list('deadline'), { node, form: 'monthly', period: '2026-05' }),
  };
}

const cuts = estates.chain((estate) =>
  fc.tuple(fc.constant(estate), fc.subarray(estate.nodes.map((n) => n.id))),
);

test('property: every figure of a node that is left is made of the same as in the whole', () => {
  fc.assert(
    fc.property(cuts, ([whole, ids]) => {
      const policy = decided(whole);
      const cut = whole.cut(ids);
      for (const { id } of cut.nodes) {
        expect(sourcesOf(cut, policy, id)).toEqual(sourcesOf(whole, policy, id));
      }
    }),
    { numRuns: 300 },
  );
});

test('property: what is below the nodes asked for is left, and no list or look-up reaches anything else', () => {
  fc.assert(
    fc.property(cuts, ([whole, ids]) => {
      const cut = whole.cut(ids);
      const inside = new Set(ids.flatMap((id) => whole.subtree(id).map((n) => n.id)));
      const isInside = (of: { node: string | null }): boolean => of.node !== null && inside.has(of.node);
      const sorted = (list: readonly { id: string }[]): string[] => list.map((x) => x.id).sort();
      expect(sorted(cut.nodes)).toEqual([...inside].sort());
      expect(sorted(cut.meters)).toEqual(sorted(whole.meters.filter(isInside)));
      expect(sorted(cut.virtuals)).toEqual(sorted(whole.virtuals.filter(isInside)));
      expect(sorted(cut.gateways)).toEqual(sorted(whole.gateways.filter(isInside)));
      for (const { id } of whole.nodes) {
        const seen = inside.has(id);
        expect([id, cut.node(id) !== undefined]).toEqual([id, seen]);
        if (seen) continue;
        expect([id, cut.subtree(id), cut.children(id), cut.metersBelow(id), cut.virtualsBelow(id)]).toEqual([
          id,
          ...[[], [], [], []],
        ]);
        expect([id, cut.carriers(id), cut.outermost(id, 'electricity'), cut.booked(id).size]).toEqual([
          id,
          ...[[], [], 0],
        ]);
      }
      for (const m of whole.meters) {
        expect(cut.meter(m.id)).toBe(isInside(m) ? m : undefined);
        expect(cut.meterByNo(m.no)).toBe(isInside(m) ? m : undefined);
        if (!isInside(m)) expect(cut.downstream(m.id).every(isInside)).toBe(true);
      }
      for (const v of whole.virtuals) expect(cut.virtual(v.id)).toBe(isInside(v) ? v : undefined);
      // What was hung on something outside is a root.
      expect(sorted(cut.roots())).toEqual(
        sorted(cut.nodes.filter((n) => !inside.has(whole.node(n.id)?.parent ?? ''))),
      );
      expect(cut.nodes.every((n) => n.parent === null || inside.has(n.parent))).toBe(true);
    }),
    { numRuns: 300 },
  );
});

test('who has the same reach shares one cut; a node that is gone is passed over', () => {
  const node = (id: string, parent: string | null): Node => ({
    ...{ id, name: id, kind: 'building' as const, parent, attributes: {} },
  });
  const whole = new Estate(ZONE, [node('top', null), node('a', 'top'), node('b', 'top')], []);
  expect(whole.cut(['a', 'b'])).toBe(whole.cut(['b', 'a']));
  expect(whole.cut(['a', 'gone']).nodes.map((n) => n.id)).toEqual(['a']);
  expect(whole.cut([]).nodes).toEqual([]);
});
