import type { EmissionFactor } from './scheme.ts';

export const BUILTIN_FACTORS: readonly EmissionFactor[] = [];
