import { expect, test } from 'vitest';
import { refused } from './refused.ts';

/** Files that are wrong in themselves: every mistake with its path and line. */
const TREE = `version: 1
nodes:
  - { id: r, name: R, kind: region }
  - { id: b, name: B, kind: building, parent: r }
`;
const M = 'name: M, node: b, carrier: electricity';
const METER_KEYS =
  'id, name, node, carrier, item, parent, register, unit, direction, volatile, multiplier, ' +
  'rollover_at, max_rate, interval_s, interval_label, address, from, initial, exchanges';

/** What is added to the tree above, from line 5 on → every line of the error. */
const BAD: [name: string, text: string, lines: string[]][] = [
  [
    'an id with a space, and one that is a number',
    'meters:\n  - { id: a b, name: M, node: b, carrier: water }\n  - { id: 7, name: M, node: b, carrier: water }',
    [
      'meters[0].id: must be 1 to 64 of A–Z a–z 0–9 . _ - (line 6:7)',
      'meters[1].id: must be text, in quotes: "7" (line 7:7)',
    ],
  ],
  [
    'a missing field is placed where its meter begins',
    'meters:\n  - { id: a, node: b, carrier: water }',
    ['meters[0].name: is missing (line 6:5)'],
  ],
  [
    'an unknown key at the top, in a meter and in an exchange',
    `buildings: []\nmeters:\n  - { id: a, ${M}, ratio: 40, exchanges: [{ at: 2026-01-01, factor: 2 }] }`,
    [
      'buildings: unknown key; the keys here are version, timezone, nodes, meters, virtual, gateways, profiles (line 5:1)',
      `meters[0].ratio: unknown key; the keys here are ${METER_KEYS} (line 7:54)`,
      'meters[0].exchanges[0].factor: unknown key; the keys here are at, final, initial, continues, multiplier, rollover_at, max_rate, note (line 7:95)',
    ],
  ],
  [
    'an unknown carrier and kind of register',
    'meters:\n  - { id: a, name: M, node: b, carrier: power, register: total }',
    [
      'meters[0].carrier: must be one of electricity, water, gas, heat, cooling, coal, gasoline, diesel, lpg, pv, other, outdoor_temperature, indoor_temperature, not "power" (line 6:32)',
      'meters[0].register: must be one of cumulative, interval, power, gauge, not "total" (line 6:48)',
    ],
  ],
  [
    'numbers that must be above 0',
    `meters:\n  - { id: a, ${M}, multiplier: 0, rollover_at: -1, max_rate: 0, interval_s: 0 }`,
    [
      'meters[0].multiplier: must be greater than 0 (line 6:54)',
      'meters[0].rollover_at: must be greater than 0 (line 6:69)',
      'meters[0].max_rate: must be greater than 0 (line 6:86)',
      'meters[0].interval_s: must be a whole number of seconds from 1 to 31622400 (line 6:99)',
    ],
  ],
  [
    'numbers that are none',
    `meters:\n  - { id: a, ${M}, multiplier: .inf, max_rate: "2000", interval_s: 0.5 }`,
    [
      'meters[0].multiplier: must be a number, not number Infinity (line 6:54)',
      'meters[0].max_rate: must be a number, not text (line 6:72)',
      'meters[0].interval_s: must be a whole number of seconds from 1 to 31622400 (line 6:90)',
    ],
  ],
  [
    'a sub-item code of a wrong form, and one without quotes',
    `meters:\n  - { id: a, ${M}, item: 1A }\n  - { id: c, ${M}, item: 01000 }`,
    [
      'meters[0].item: must be a sub-item code of two digits and three of 0–9 A–Z, like "01A10" (line 6:54)',
      'meters[1].item: must be text, in quotes: "1000" (line 7:54)',
    ],
  ],
  [
    'a unit that is not one of the carrier, or not one of power',
    `meters:\n  - { id: a, ${M}, unit: GJ }\n  - { id: c, ${M}, register: power, unit: kWh }`,
    [
      'meters[0].unit: "GJ" is not a unit of electricity with a cumulative register; accepted: kWh, MWh, Wh (line 6:54)',
      'meters[1].unit: "kWh" is not a unit of electricity with a power register; accepted: kW, MW, W (line 7:71)',
    ],
  ],
  [
    'power of what has none',
    'meters:\n  - { id: a, name: M, node: b, carrier: water, register: power }',
    ['meters[0].register: power is for electricity, pv, heat, cooling and other, not for water (line 6:48)'],
  ],
  [
    'no unit where the carrier has no usual one',
    'meters:\n  - { id: a, name: M, node: b, carrier: other }',
    ['meters[0].unit: is missing: other has no usual unit (line 6:5)'],
  ],
  [
    'meters of one carrier in two units',
    `meters:\n  - { id: a, ${M} }\n  - { id: c, ${M}, unit: MWh }\n  - { id: d, ${M}, register: power }`,
    [
      'meters[1].unit: makes MWh, but "a" counts electricity in kWh, and the two are added up: choose one unit and put the conversion into multiplier (line 7:54)',
    ],
  ],
  [
    'a temperature that is summed, a quantity that is averaged',
    `meters:\n  - { id: a, name: M, node: b, carrier: outdoor_temperature, register: cumulative }\n  - { id: c, ${M}, register: gauge }`,
    [
      'meters[0].register: of outdoor_temperature must be gauge: a temperature is averaged, never summed (line 6:62)',
      'meters[1].register: gauge is averaged, never summed: its carrier is outdoor_temperature, indoor_temperature or other, not electricity (line 7:54)',
    ],
  ],
  [
    'what only a display that counts up has',
    `meters:\n  - { id: a, ${M}, register: power, rollover_at: 100, exchanges: [{ at: 2026-01-01, final: 7 }] }`,
    [
      'meters[0].rollover_at: only a cumulative register has one, this one is power (line 6:71)',
      'meters[0].exchanges[0].final: only a cumulative register has one, this one is power (line 6:119)',
    ],
  ],
  [
    'a register that the display cannot show',
    `meters:\n  - { id: a, ${M}, rollover_at: 1000, exchanges: [{ at: 2026-01-01, final: 1000, initial: 50, rollover_at: 50 }] }`,
    [
      'meters[0].exchanges[0].final: 1000 is never shown by a register that returns to 0 at 1000 (line 6:103)',
      'meters[0].exchanges[0].initial: 50 is never shown by a register that returns to 0 at 50 (line 6:116)',
    ],
  ],
  [
    'exchanges out of order, twice at one instant, and not a time',
    `meters:
  - id: a
    ${M.replaceAll(', ', '\n    ')}
    exchanges:
      - { at: 2026-03-01T00:00:00 }
      - { at: 2026-02-01T00:00:00 }
      - { at: 2026-02-28T16:00:00Z }
      - { at: yesterday }
      - { at: 2026-02-30 }`,
    [
      'meters[0].exchanges[1].at: is before exchanges[0].at (2026-03-01T00:00:00+08:00); exchanges stand in order of time (line 12:11)',
      'meters[0].exchanges[2].at: is the same instant as exchanges[0].at (2026-03-01T00:00:00+08:00); exchanges stand in order of time (line 13:11)',
      'meters[0].exchanges[3].at: "yesterday" is not a time; one is 2026-03-14T10:20:00+08:00 (line 14:11)',
      'meters[0].exchanges[4].at: "2026-02-30" is not a time; one is 2026-03-14T10:20:00+08:00 (line 15:11)',
    ],
  ],
  [
    'an exchange before the meter was there',
    `meters:\n  - { id: a, ${M}, from: 2026-01-01, exchanges: [{ at: 2025-12-31 }] }`,
    [
      'meters[0].exchanges[0].at: is before `from` of the meter (2026-01-01T00:00:00+08:00); exchanges stand in order of time (line 6:86)',
    ],
  ],
  [
    'a register at an instant that is not given',
    `meters:\n  - { id: a, ${M}, initial: 12 }`,
    ['meters[0].initial: is the register at `from`, which is missing (line 6:54)'],
  ],
  [
    'an id twice',
    `meters:\n  - { id: a, ${M} }\n  - { id: a, ${M} }\ngateways:\n  - { id: g, name: G }\n  - { id: g, name: G }`,
    [
      'meters[1].id: "a" is the id of meters[0] already (line 7:7)',
      'gateways[1].id: "g" is the id of gateways[0] already (line 10:7)',
    ],
  ],
  [
    'nodes and meters that are not there',
    `meters:\n  - { id: a, name: M, node: roof, carrier: water, parent: main }\ngateways:\n  - { id: g, name: G, node: roof }`,
    [
      'meters[0].node: there is no node "roof", neither in the file nor in the catalogue (line 6:23)',
      'meters[0].parent: there is no meter "main", neither in the file nor in the catalogue (line 6:51)',
      'gateways[0].node: there is no node "roof", neither in the file nor in the catalogue (line 8:23)',
    ],
  ],
  [
    'a meter that is its own upstream, and two that are each other’s',
    `meters:\n  - { id: a, ${M}, parent: a }\n  - { id: c, ${M}, parent: d }\n  - { id: d, ${M}, parent: c }`,
    [
      'meters[0].parent: makes a cycle: a → a (line 6:54)',
      'meters[1].parent: makes a cycle: c → d → c (line 7:54)',
    ],
  ],
  [
    'an upstream meter of another carrier',
    `meters:\n  - { id: a, ${M} }\n  - { id: w, name: W, node: b, carrier: water, parent: a }`,
    ['meters[1].parent: "a" is a meter of electricity, this one of water (line 7:48)'],
  ],
  [
    'an address that leads to two meters',
    `meters:\n  - { id: a, ${M}, address: "17" }\n  - { id: c, ${M}, address: "17" }\n  - { id: d, ${M}, address: a }`,
    [
      'meters[1].address: "17" is the address of "a" already (line 7:54)',
      'meters[2].address: "a" is the id of another meter (line 8:54)',
    ],
  ],
  [
    'a direction that is none, and what only a counting register has',
    `meters:\n  - { id: a, ${M}, direction: back, volatile: yes please }\n  - { id: c, ${M}, register: power, volatile: true }\n  - { id: t, name: T, node: b, carrier: outdoor_temperature, direction: out }`,
    [
      'meters[0].direction: must be one of in, out, not "back" (line 6:54)',
      'meters[0].volatile: must be true or false, not text (line 6:71)',
      'meters[1].volatile: only a cumulative register starts again at 0, this one is power (line 7:71)',
      'meters[2].direction: is of what is added up; a gauge is averaged, never summed (line 8:62)',
    ],
  ],
  [
    'a volatile counter without a ceiling, from the start and from an exchange on',
    `meters:\n  - { id: a, ${M}, volatile: true }\n  - { id: c, ${M}, volatile: true, max_rate: 5, exchanges: [{ at: 2026-01-01, max_rate: null }] }\n  - { id: d, ${M}, volatile: true, max_rate: much }`,
    [
      'meters[0].max_rate: is missing: a volatile counter needs it, it alone tells a restart from an error (line 6:5)',
      'meters[1].exchanges[0].max_rate: is missing: a volatile counter needs it, it alone tells a restart from an error (line 7:113)',
      'meters[2].max_rate: must be a number, not text (line 8:70)',
    ],
  ],
  [
    'a register that goes on elsewhere',
    `meters:\n  - { id: a, ${M}, exchanges: [{ at: 2026-01-01, continues: true, final: 5, initial: 6 }] }`,
    [
      'meters[0].exchanges[0].initial: must be the same as final, 5, or left out: the register goes on (line 6:111)',
    ],
  ],
  [
    'a virtual meter of nothing, of what is not there, of a part twice, and of another carrier',
    `meters:\n  - { id: a, ${M} }\n  - { id: w, name: W, node: b, carrier: water }\n  - { id: t, name: T, node: b, carrier: outdoor_temperature }\nvirtual:\n  - { id: v, ${M}, plus: [] }\n  - { id: x, ${M}, plus: [a, main], minus: [a, w] }\n  - { id: y, name: Y, node: roof, carrier: outdoor_temperature, plus: [t] }\n  - { id: z, ${M}, parent: w, minus: [a] }`,
    [
      'virtual[0].plus: must name at least one meter (line 10:54)',
      'virtual[1].plus[1]: there is no meter "main", neither in the file nor in the catalogue (line 11:64)',
      'virtual[1].minus[0]: "a" is a part already (line 11:79)',
      'virtual[1].minus[1]: "w" is a meter of water, this one of electricity (line 11:82)',
      'virtual[2].node: there is no node "roof", neither in the file nor in the catalogue (line 12:23)',
      'virtual[2].plus[0]: "t" is a gauge: it is averaged, never summed (line 12:72)',
      'virtual[3].plus: is missing (line 13:5)',
      'virtual[3].parent: "w" is a meter of water, this one of electricity (line 13:54)',
    ],
  ],
  [
    'a virtual meter that is made of itself, near and far',
    `meters:\n  - { id: a, ${M} }\nvirtual:\n  - { id: v, ${M}, plus: [a, v] }\n  - { id: x, ${M}, plus: [z] }\n  - { id: y, ${M}, plus: [a], minus: [x] }\n  - { id: z, ${M}, plus: [y] }`,
    [
      'virtual[0].plus: makes a cycle: v → v (line 8:54)',
      'virtual[1].plus: makes a cycle: x → z → y → x (line 9:54)',
    ],
  ],
  [
    'a meter and a virtual one above each other',
    `meters:\n  - { id: a, ${M}, parent: v }\nvirtual:\n  - { id: v, ${M}, parent: a, plus: [a] }`,
    ['meters[0].parent: makes a cycle: a → v → a (line 6:54)'],
  ],
  [
    'an id of a meter and of a virtual one',
    `meters:\n  - { id: a, ${M} }\nvirtual:\n  - { id: a, ${M}, plus: [a] }`,
    ['virtual[0].id: "a" is the id of meters[0] already (line 8:7)'],
  ],
  [
    'a time zone that is none, and a version that is not ours',
    'timezone: Asia/Beijing\nmeters: {}',
    [
      'timezone: "Asia/Beijing" is not a time zone; one is Asia/Shanghai (line 5:1)',
      'meters: must be a list, not a mapping (line 6:1)',
    ],
  ],
];

test.each(BAD)('estate file: %s', (_, text, lines) => {
  const file = `${TREE}${text}\n`;
  const error = refused(file);
  expect(error.message.split('\n')).toEqual(lines);
  for (const { path, message, line, column } of error.issues) {
    // The place is the key that the path ends with; what is missing has none, nor has a member of a list.
    if (message.startsWith('is missing') || path.endsWith(']')) continue;
    const there = file.split('\n')[Number(line) - 1]?.slice(Number(column) - 1);
    expect(there).toMatch(new RegExp(`^${path.split('.').at(-1)}:`));
  }
});
