import type { RollupWrite } from '../../server/timeseries/port.ts';
import type { Rig } from './rig.ts';

const DAY_MS = 86_400_000;
const at = (date: string): number => Date.parse(`${date}T00:00:00+08:00`);

/** Writes what a meter used on each day of [from, to), as the ledger would; `covered` is the share measured. */
export async function fillDays(
  r: Rig,
  id: string,
  perDay: (start: number) => number,
  from: string,
  to: string,
  covered = 1,
): Promise<void> {
  const { zone } = r.deps.estate();
  const no = r.deps.estate().meter(id)?.no as number;
  const days: RollupWrite[] = [];
  const months = new Map<number, RollupWrite>();
  const row = { meter: no, recovered: 0, estimated: 0, isNew: true };
  for (let start = at(from); start < at(to); start += DAY_MS) {
    const measured = Math.round(perDay(start) * 1e6);
    const coveredMs = DAY_MS * covered;
    days.push({ ...row, start, measured, coveredMs });
    const month = zone.startOf('month', start);
    const sum = months.get(month) ?? { ...row, start: month, measured: 0, coveredMs: 0 };
    months.set(month, { ...sum, measured: sum.measured + measured, coveredMs: sum.coveredMs + coveredMs });
  }
  await r.deps.timeseries.write({ cursor: 0, readings: [], hours: [], days, months: [...months.values()] });
}
