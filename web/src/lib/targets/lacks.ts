/** Why a figure is not there, in words, with the place where that is mended. */
import type { Catalogue } from '../i18n/zh.ts';
import type { Lack } from './types.ts';
import type { TargetWords } from './words.zh.ts';

/** Where a lack is mended: a part of the settings, a page, or the form of the target itself. */
export interface Mend {
  kind:
    | 'attributes'
    | 'classification'
    | 'schemes'
    | 'factors'
    | 'base'
    | 'target'
    | 'meters'
    | 'health'
    | 'estate';
  node: string;
}

export interface SaidLack {
  text: string;
  mend: Mend | null;
}

/** Names that a lack may be about: attributes, carriers, or what stands as it is. */
function named(what: string, w: TargetWords, m: Catalogue): string {
  const plain = what.replace(/^classification\./, '');
  if (Object.hasOwn(w.attributes, plain)) return w.attributes[plain] as string;
  if (plain === 'energy') return w.lacks.all;
  const carriers: Record<string, string> = m.carriers;
  if (Object.hasOwn(carriers, plain)) return carriers[plain] as string;
  const indicators: Record<string, string> = w.indicators;
  return indicators[plain] ?? what;
}

/** @param node the figure's */
export function sayLack(lack: Lack, node: string, w: TargetWords, m: Catalogue): SaidLack {
  const { reason, what } = lack;
  const at = lack.node ?? node;
  const days = /^(\d+) d$/.exec(what);
  if (reason === 'too_short') {
    const text =
      what === 'curve'
        ? w.lacks.too_short_curve()
        : what === 'backtest'
          ? w.lacks.too_short_backtest()
          : days
            ? w.lacks.too_short_days(days[1] ?? '')
            : w.lacks.too_short(what);
    return { text, mend: null };
  }
  return { text: w.lacks[reason](named(what, w, m)), mend: mendOf(lack, at) };
}

function mendOf({ reason, what }: Lack, node: string): Mend | null {
  switch (reason) {
    case 'no_attribute':
    case 'partly_set':
      return { kind: /^region$|^classification\./.test(what) ? 'classification' : 'attributes', node };
    case 'no_scheme':
    case 'no_coefficient':
      return { kind: 'schemes', node };
    case 'no_factor':
      return { kind: 'factors', node };
    case 'no_base':
      return { kind: 'base', node };
    case 'no_target':
      return { kind: 'target', node };
    case 'no_data':
      return { kind: 'health', node };
    case 'no_meter':
      return { kind: 'meters', node };
    case 'no_weather':
      return { kind: 'estate', node };
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
