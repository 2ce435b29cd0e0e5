/** A small estate: a city with two institutions; one of them has a building with sub-meters. */
export const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'city', name: '示例市', kind: 'region' },
    {
      id: 'gov',
      name: '行政中心',
      kind: 'institution',
      parent: 'city',
      attributes: {
        floor_area_m2: [{ from: '2024-01-01', value: 1000 }],
        people: [
          { from: '2024-01-01', value: 50 },
          { from: '2026-11-18', value: 40 },
        ],
      },
    },
    { id: 'lib', name: '图书馆', kind: 'institution', parent: 'city' },
    { id: 'tower', name: '主楼', kind: 'building', parent: 'gov' },
  ],
  meters: [
    meter('gov-main', 'gov', { item: '01000', multiplier: 40 }),
    meter('gov-light', 'tower', { item: '01A00', parent: 'gov-main' }),
    // Below a meter that has a sub-item already: counted there.
    meter('gov-hall', 'tower', { item: '01A20', parent: 'gov-light' }),
    meter('gov-cool', 'tower', { item: '01B00', parent: 'gov-main' }),
    meter('lib-main', 'lib', {}),
    { ...meter('gov-water', 'gov', {}), carrier: 'water', unit: 'm³' },
    { ...meter('air', 'city', {}), carrier: 'outdoor_temperature', register: 'gauge', unit: '°C' },
  ],
};

function meter(id: string, node: string, more: object): Record<string, unknown> {
  return {
    id,
    name: `表 ${id}`,
    node,
    carrier: 'electricity',
    register: 'cumulative',
    unit: 'kWh',
    interval_s: 3600,
    ...more,
  };
}
