import type { RollupLevel } from '../port.ts';

export const ROLLUP_TABLE = { hour: 'hours', day: 'days', month: 'months' } as const;
export type RollupTable = (typeof ROLLUP_TABLE)[RollupLevel];
export const ROLLUP_TABLES: readonly RollupTable[] = Object.values(ROLLUP_TABLE);
