import { expect, test } from 'vitest';
import { roomsOf } from '../../server/reporting/forms/rooms.ts';
import { temporaryCatalogue } from '../catalogue/temporary-catalogue.ts';

const meter = (id: string, node: string, item: string, more: object = {}): object => ({
  id,
  name: id,
  node,
  item,
  carrier: 'electricity',
  unit: 'kWh',
  interval_s: 900,
  ...more,
});

const nodes = [
  { id: 'gov', name: '机关', kind: 'institution' },
  {
    id: 'east',
    name: '东机房',
    kind: 'space',
    parent: 'gov',
    attributes: { machine_room_area_m2: [{ from: '2025-01-01', value: 80 }] },
  },
  { id: 'west', name: '西机房', kind: 'space', parent: 'gov' },
];

function rooms(meters: object[], set?: [name: string, ...values: string[]]) {
  const catalogue = temporaryCatalogue();
  catalogue.applyEstate({ version: 1, timezone: 'Asia/Shanghai', nodes, meters }, 'test');
  if (set) {
    const [name, ...values] = set;
    catalogue.putPolicy('setting', `${name}:gov`, { name, node: 'gov', values }, 'a', 's');
  }
  const ids = (series: { meters: readonly { id: string }[] } | null) =>
    series?.meters.map((m) => m.id) ?? null;
  return roomsOf(catalogue.snapshot(), catalogue.policy(), 'gov').map((r) => ({
    ...r,
    total: ids(r.total),
    it: ids(r.it),
    cooling: ids(r.cooling),
  }));
}

test('each room is a record: its meters by sub-item, those of its equipment by where they hang', () => {
  const found = rooms([
    meter('east-all', 'east', '01D10'),
    // It stands elsewhere and is fed from the east.
    meter('east-it', 'gov', '01D1A', { parent: 'east-all' }),
    meter('east-ac', 'east', '01D1B', { parent: 'east-all' }),
    meter('west-all', 'west', '01D10'),
    meter('west-it', 'west', '01D1A', { parent: 'west-all' }),
    meter('light', 'gov', '01A10'),
  ]);
  expect(found).toEqual([
    { name: '东机房', attributes: 'east', total: ['east-all'], it: ['east-it'], cooling: ['east-ac'] },
    { name: '西机房', attributes: 'west', total: ['west-all'], it: ['west-it'], cooling: null },
  ]);
});

test('one room has what is set for the institution; a setting names it where no sub-item does', () => {
  const found = rooms(
    [meter('main', 'gov', '01000'), meter('room', 'west', '01C10', { parent: 'main' })],
    ['machine_room_meters', 'room'],
  );
  expect(found).toEqual([{ name: '西机房', attributes: 'gov', total: ['room'], it: null, cooling: null }]);
  expect(rooms([meter('main', 'gov', '01000')])).toEqual([]);
});
