import { ESTATE } from './estate.ts';
import { hourly, type Rig, rig } from './rig.ts';

/** Two days of registers: 17 November whole, 18 November until noon, which is now. */
export async function furnished(): Promise<Rig> {
  const r = await rig(ESTATE);
  const from = '2026-11-17T00:00:00+08:00';
  await r.feed([
    // 40 × 0.5 = 20 kWh an hour
    ...hourly('gov-main', from, 36, () => 0.5),
    ...hourly('gov-light', from, 36, () => 8),
    ...hourly('gov-hall', from, 36, () => 3),
    ...hourly('gov-cool', from, 36, () => 5),
    ...hourly('lib-main', from, 36, () => 10),
    ...hourly('gov-water', from, 36, () => 0.25),
    // A gauge is what it shows: 10 °C at first, 1 °C more every hour.
    ...hourly('air', from, 36, () => 1, 10),
  ]);
  return r;
}
