/** Why a figure is not there, in words, with the place where that is mended. */
import type { Catalogue } from '../i18n/zh.ts';
import type { Lack } from './types.ts';
import type { TargetWords } from './words.zh.ts';

/** Where a lack is mended. attribute: its values can be entered on the spot. */
export type Mend =
  | { kind: 'attribute'; node: string; name: string }
  | { kind: 'base' | 'target'; node: string }
  | { kind: 'meters' | 'health'; node: string }
  | { kind: 'estate' };

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

const ATTRIBUTES = new Set(['floor_area_m2', 'heated_area_m2', 'people']);

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
  if (reason === 'no_attribute' || reason === 'partly_set') {
    return ATTRIBUTES.has(what) ? { kind: 'attribute', node, name: what } : { kind: 'estate' };
  }
  if (reason === 'no_base') return { kind: 'base', node };
  if (reason === 'no_target') return { kind: 'target', node };
  if (reason === 'no_data') return { kind: 'health', node };
  if (reason === 'no_meter') return { kind: 'meters', node };
  if (reason === 'no_weather') return { kind: 'estate' };
  return null;
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
