/** Why a figure is not there, in words, with the place where that is mended. */
import type { Lack as KnownLack } from '../../../../server/domain/indicator.ts';
import type { Catalogue } from '../i18n/zh.ts';
import { nameOf } from './names.ts';
import type { Terms } from './words.zh.ts';

export type Lack = Pick<KnownLack, 'reason' | 'what'> & { node?: string | undefined };

/** Where a lack is mended: a part of the settings, a page, or the form of the target itself. */
export interface Mend {
  kind: keyof Terms['mend'];
  node: string;
}

export interface SaidLack {
  text: string;
  mend: Mend | null;
}

/** @param node the figure's */
export function sayLack(lack: Lack, node: string, w: Terms, m: Catalogue): SaidLack {
  const kind = mendOf(lack);
  return { text: textOf(lack, w, m), mend: kind === null ? null : { kind, node: lack.node ?? node } };
}

function textOf({ reason, what }: Lack, w: Terms, m: Catalogue): string {
  if (reason !== 'too_short') return w.lacks[reason](nameOf(what, w, m));
  if (what === 'curve') return w.lacks.too_short_curve();
  if (what === 'backtest') return w.lacks.too_short_backtest();
  const days = /^(\d+) d$/.exec(what)?.[1];
  return days === undefined ? w.lacks.too_short(nameOf(what, w, m)) : w.lacks.too_short_days(days);
}

function mendOf({ reason, what }: Lack): Mend['kind'] | null {
  switch (reason) {
    case 'no_attribute':
    case 'partly_set':
      return /^region$|^classification\./.test(what) ? 'classification' : 'attributes';
    case 'no_scheme':
    case 'no_coefficient':
      return 'schemes';
    case 'no_factor':
    case 'other_year':
      return 'factors';
    case 'no_quota':
      return 'quotas';
    case 'no_base':
    case 'weak_base':
      return 'base';
    case 'no_target':
      return 'target';
    case 'no_meter':
      return /_meters$|^heating$|^machine_room$/.test(what) ? 'choices' : 'meters';
    case 'no_data':
    case 'contradiction':
      return 'meters';
    case 'no_weather':
      return 'estate';
    default:
      return null;
  }
}

/** The lacks of several figures, each said once. */
export function merged(...lists: readonly (readonly Lack[] | undefined)[]): Lack[] {
  const seen = new Set<string>();
  return lists.flatMap((list) =>
    (list ?? []).filter((lack) => {
      const key = `${lack.reason}\n${lack.what}\n${lack.node ?? ''}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    }),
  );
}
