import { describe, expect, it } from 'vitest';
import type { Carrier } from '../../server/domain/meter.ts';
import type { MeterInfo } from '../../server/http/schemas/meters.ts';
import { depthsByState, inTreeOrder, NO_FILTER, selectMeters } from '../../web/src/lib/state/meters.ts';

const meter = (
  id: string,
  name: string,
  carrier: Carrier,
  parent: string | null,
  state: MeterInfo['state'] = 'reporting',
): MeterInfo => ({
  id,
  name,
  node: 'n',
  carrier,
  item: null,
  parent,
  register: 'cumulative',
  unit: 'kWh',
  multiplier: 1,
  interval_s: 900,
  epochs: [],
  direction: 'in',
  volatile: false,
  ceiling: null,
  last: null,
  state,
  days: [],
});

const METERS = [
  meter('w', 'A water', 'water', null),
  meter('b2', '10 floor', 'electricity', 'b'),
  meter('b1', '2 floor', 'electricity', 'b', 'silent'),
  meter('b', 'B main', 'electricity', 'a'),
  meter('c', 'A lamp', 'electricity', 'a'),
  meter('a', 'Z main', 'electricity', null),
  meter('o', 'Orphan', 'electricity', 'not-listed'),
  meter('h', 'Heat behind a power meter', 'heat', 'a'),
];
const NAMES = { node: (id: string) => id, item: () => '', carrier: {} as Record<Carrier, string> };
const ids = (meters: readonly MeterInfo[]): string[] => meters.map((m) => m.id);

describe('the list of meters', () => {
  it('goes by carrier, then a main before its subs, equals by name', () => {
    expect(ids(inTreeOrder(METERS))).toEqual(['o', 'a', 'c', 'b', 'b1', 'b2', 'w', 'h']);
  });

  it('keeps every meter, even where two name each other as upstream', () => {
    const ring = [meter('x', 'X', 'water', 'y'), meter('y', 'Y', 'water', 'x'), ...METERS];
    expect(ids(inTreeOrder(ring)).sort()).toEqual(ids(ring).sort());
  });

  it('sorts by a column, equals in the order of the tree, both ways', () => {
    const by = (down: boolean) => ids(selectMeters(METERS, NO_FILTER, { column: 'state', down }, NAMES));
    expect(by(false)).toEqual(['b1', 'o', 'a', 'c', 'b', 'b2', 'w', 'h']);
    expect(by(true)).toEqual(['o', 'a', 'c', 'b', 'b2', 'w', 'h', 'b1']);
  });

  it('sets a sub in below its main where both stand in the same state', () => {
    const sorted = selectMeters(METERS, NO_FILTER, { column: 'state', down: false }, NAMES);
    // b1 is silent and stands above its main, a heat meter is no part of the power that feeds it.
    expect(Object.fromEntries(depthsByState(sorted))).toEqual({
      b1: 0,
      o: 0,
      a: 0,
      c: 1,
      b: 1,
      b2: 2,
      w: 0,
      h: 0,
    });
  });
});
