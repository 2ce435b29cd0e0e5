/** Why a figure is not there, in words, with the place where that is mended. */
import type { Lack } from '../../../../server/domain/indicator.ts';
import type { Catalogue } from '../i18n/zh.ts';
import { app } from '../state/app.svelte.ts';
import { nameOf } from './names.ts';
import type { QuotaWords } from './words.zh.ts';

export interface SaidLack {
  text: string;
  mend: { label: string; href: string } | null;
}

/** @param node the figure's */
export function sayLack(
  lack: Pick<Lack, 'reason' | 'what'> & { node?: string | undefined },
  node: string,
  w: QuotaWords,
  m: Catalogue,
): SaidLack {
  const at = lack.node ?? node;
  const text = w.lacks[lack.reason](nameOf(lack.what, w, m));
  const elsewhere = at !== node && app.tree?.node(at);
  return { text: elsewhere ? `${elsewhere.name}: ${text}` : text, mend: mendOf(lack, at, w) };
}

function mendOf(
  { reason, what }: Pick<Lack, 'reason' | 'what'>,
  node: string,
  w: QuotaWords,
): SaidLack['mend'] {
  const settings = (part: string, label: string) => ({
    label,
    href: app.href({ view: 'settings', node, own: { part } }),
  });
  switch (reason) {
    case 'no_attribute':
    case 'partly_set':
      return what === 'region' || what.startsWith('classification.')
        ? settings('classification', w.mend.classification)
        : settings('attributes', w.mend.attribute);
    case 'no_meter':
      return /_meters$|^heating$|^machine_room$/.test(what)
        ? settings('choices', w.mend.choices)
        : { label: w.mend.meters, href: app.href({ view: 'meters', node }) };
    case 'no_data':
    case 'too_short':
    case 'contradiction':
      return { label: w.mend.meters, href: app.href({ view: 'meters', node }) };
    case 'no_scheme':
    case 'no_coefficient':
      return settings('schemes', w.mend.schemes);
    case 'no_factor':
    case 'other_year':
      return settings('factors', w.mend.factors);
    case 'no_quota':
      return settings('quotas', w.mend.quotas);
    default:
      return null;
  }
}
