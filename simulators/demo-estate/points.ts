import type { Point } from '../model/model.ts';
import { CUL_ELECTRICITY, SQUARE_ELECTRICITY } from './culture-centre.ts';
import { EXCHANGES, NO_CEILING } from './exchanges.ts';
import { GAS, HEAT, WATER } from './fluids.ts';
import { GOV_ELECTRICITY } from './main-building.ts';
import { meter, type Row } from './rows.ts';

/** Everything that is known about one metering point of the demo estate. */
export interface DemoPoint extends Point {
  name: string;
  node: string;
  item: string | null;
  unit: string;
  /** Highest plausible quantity per hour. */
  maxRate: number | null;
  gateway: string;
}

/** Gateways, one per building, and the platform behind the meters that report on their own. */
export const GATEWAYS = [
  { id: 'gw-gov', name: '办公主楼采集网关', node: 'gov' },
  { id: 'gw-cul', name: '文化中心综合楼采集网关', node: 'cul' },
  { id: 'gw-square', name: '广场采集网关', node: 'square' },
] as const;
/** No gateway: the meter publishes under its own topic. */
export const ALONE = '';

/** Displays of six and five digits before the point, as the meters of the carrier have them. */
const KINDS = {
  electricity: { unit: 'kWh', intervalS: 900, rolloverAt: 1_000_000 },
  water: { unit: 'm³', intervalS: 3600, rolloverAt: 100_000 },
  gas: { unit: 'm³', intervalS: 3600, rolloverAt: 100_000 },
  heat: { unit: 'GJ', intervalS: 3600, rolloverAt: 100_000 },
} as const;

export function demoPoints(): DemoPoint[] {
  return [
    ...points('electricity', [...GOV_ELECTRICITY, ...CUL_ELECTRICITY, ...SQUARE_ELECTRICITY]),
    ...points('water', WATER),
    ...points('gas', GAS),
    ...points('heat', HEAT),
    {
      ...meter(null, 'weather-t', '室外气温', 'centre', {}),
      carrier: 'outdoor_temperature',
      register: 'gauge',
      unit: '°C',
      multiplier: 1,
      rolloverAt: null,
      maxRate: null,
      intervalS: 900,
      gateway: ALONE,
    },
  ];
}

function points(carrier: keyof typeof KINDS, list: readonly Row[]): DemoPoint[] {
  const peakOf = (row: Row): number => {
    const subs = list.filter((r) => r.parent === row.id);
    const own = Object.values(row.uses).reduce((sum, peak) => sum + peak, 0);
    return subs.reduce((sum, sub) => sum + peakOf(sub), own) * (1 + row.rest);
  };
  return list.map((row) => {
    const peak = peakOf(row);
    const multiplier = carrier === 'electricity' ? ratio(peak) : 1;
    return {
      ...row,
      ...KINDS[carrier],
      // A meter connected directly has five digits.
      rolloverAt: multiplier === 1 ? 100_000 : KINDS[carrier].rolloverAt,
      carrier,
      register: 'cumulative',
      multiplier,
      maxRate: NO_CEILING.has(row.id) ? null : upTo(peak * 1.8 * (1 + row.jitter)),
      ...(EXCHANGES[row.id] && { exchanges: EXCHANGES[row.id] }),
      gateway: row.alone ? ALONE : gatewayOf(row.node),
    };
  });
}

function gatewayOf(node: string): string {
  if (node.startsWith('gov')) return 'gw-gov';
  return node === 'square' ? 'gw-square' : 'gw-cul';
}

/** The current transformers sold, as x/5; below 25 kW a meter is connected directly. */
const TRANSFORMERS = [
  75, 100, 150, 200, 250, 300, 400, 500, 600, 800, 1000, 1200, 1500, 2000, 2500, 3000, 4000,
];

function ratio(peak_kW: number): number {
  if (peak_kW < 25) return 1;
  const ampere = (peak_kW * 1.3) / (Math.sqrt(3) * 0.4 * 0.9);
  return (TRANSFORMERS.find((t) => t >= ampere) ?? 4000) / 5;
}

/** The next number with one digit and zeros, or half of it. */
function upTo(value: number): number {
  const step = 10 ** Math.floor(Math.log10(value)) / 2;
  return Number((Math.ceil(value / step) * step).toPrecision(3));
}
