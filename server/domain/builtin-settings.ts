import type { Setting } from './setting.ts';

const shipped = (name: Setting['name'], value: string): Setting => ({
  id: name,
  name,
  node: null,
  values: [value],
});

/** What holds until somebody chooses otherwise. */
export const BUILTIN_SETTINGS: readonly Setting[] = [
  shipped('scheme', 'national-statistics'),
  shipped('factor_series', 'mee-average'),
  shipped('factor_area', 'national'),
];
