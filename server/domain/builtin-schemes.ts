import type { Scheme } from './scheme.ts';

export const BUILTIN_SCHEMES: readonly Scheme[] = [];
