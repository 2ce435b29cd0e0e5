import { describe, expect, it } from 'vitest';
import { EstateTree, treeRows } from '../../web/src/lib/state/tree.ts';

const node = (id: string, parent: string | null, name = id) => ({
  id,
  name,
  parent,
  kind: 'building' as const,
  carriers: [],
  meters: 0,
  attributes: {},
});
const tree = new EstateTree({
  timezone: 'Asia/Shanghai',
  nodes: [
    node('city', null),
    node('centre', 'city'),
    node('hall', 'centre', 'Main Hall'),
    node('annex', 'centre'),
    node('room', 'hall'),
  ],
});
const shown = (open: string[], search = '') =>
  treeRows(tree, new Set(open), search).map((r) => `${r.level} ${r.node.id} ${r.open}`);

describe('the tree', () => {
  it('begins where it branches', () => {
    expect(tree.landing()?.id).toBe('centre');
    expect(tree.path('room').map((n) => n.id)).toEqual(['city', 'centre', 'hall', 'room']);
  });

  it('draws what is open', () => {
    expect(shown([])).toEqual(['1 city false']);
    expect(shown(['city', 'centre'])).toEqual([
      '1 city true',
      '2 centre true',
      '3 hall false',
      '3 annex null',
    ]);
  });

  it('finds by name or id and shows what stands above', () => {
    expect(shown([], 'main h')).toEqual(['1 city true', '2 centre true', '3 hall false']);
    expect(shown([], 'ROOM')).toEqual(['1 city true', '2 centre true', '3 hall true', '4 room null']);
    expect(shown([], 'nowhere')).toEqual([]);
  });

  it('ends where an estate is empty', () => {
    expect(new EstateTree({ timezone: 'UTC', nodes: [] }).landing()).toBeUndefined();
  });
});
