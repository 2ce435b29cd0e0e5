import type { FilingCheck } from '../../../../server/http/schemas/filings.ts';
import { placeHref, VIEWS } from '../state/router.svelte.ts';

/** The page where a check is mended; null: this dashboard has none. */
export function linkOf({ check, month }: FilingCheck, node: string): string | null {
  const view = VIEWS.find((v) => v === check.link.view);
  if (!view) return null;
  const { params } = check.link;
  return placeHref({
    view,
    node: params.node ?? node,
    carrier: params.carrier ?? null,
    period: params.period ?? month,
    meter: params.meter ?? null,
    target: null,
    own: params,
    ground: [],
  });
}
