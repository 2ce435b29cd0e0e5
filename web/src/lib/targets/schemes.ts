import type { PolicyItem } from '../../../../server/http/schemas/policy.ts';

/** The name that a scheme says of itself, else its id. */
export function schemeName(item: PolicyItem): string {
  return typeof item.body.name === 'string' ? item.body.name : item.id;
}

/** The scheme that stands first on a new target: the national one where it is there. */
export function firstScheme(schemes: readonly PolicyItem[]): string {
  return (schemes.find((s) => s.id === 'national-statistics') ?? schemes[0])?.id ?? '';
}
