import type { FormEdition } from '../edition.ts';
import { EDITION_2022 } from './2022.ts';
import { EDITION_2025 } from './2025.ts';

/** The oldest first. */
export const EDITIONS: readonly FormEdition[] = [EDITION_2022, EDITION_2025];

/**
 * The edition that holds on a day, or the oldest where none did yet.
 * @param on YYYY-MM-DD
 */
export function editionOn(on: string): FormEdition {
  return EDITIONS.findLast((e) => e.from <= on) ?? (EDITIONS[0] as FormEdition);
}
