import type { IndicatorId } from '../../../../server/domain/indicator.ts';
import { indicatorOf } from '../../../../server/domain/target.ts';
import type { Palette } from '../charts/palette.ts';

/** The colour of an indicator: its carrier's; of what sums several, the accent. */
export function colourOf(id: IndicatorId): (p: Palette) => string {
  const { numerator } = indicatorOf(id);
  return numerator === 'energy' || numerator === 'co2' ? (p) => p.accent : (p) => p.carrier(numerator);
}

export function colourVariable(id: IndicatorId): string {
  const { numerator } = indicatorOf(id);
  return numerator === 'energy' || numerator === 'co2' ? 'var(--accent)' : `var(--carrier-${numerator})`;
}
