import type { CheckExplanation } from '../../catalogue/filings.ts';
import type { Check } from '../checks/check.ts';

/** A check with what was said about it. */
export interface FiledCheck {
  check: Check;
  /** `2026-12` */
  month: string;
  /** open: neither mended nor explained, or explained when it showed something else. */
  state: 'open' | 'explained';
  explanation: FiledExplanation | null;
}

export interface FiledExplanation {
  text: string;
  by: string;
  /** epoch ms */
  at: number;
  /** What the check showed then. */
  figure: Check['figure'];
}

/** A figure that moved by more than this share of itself is another one, and to be explained anew. */
const SAME = 0.1;

/** The checks of a month, each with its explanation; those that hold filing up stay first. */
export function explained(
  month: string,
  checks: readonly Check[],
  explanations: readonly CheckExplanation[],
): FiledCheck[] {
  const said = new Map(explanations.filter((e) => e.month === month).map((e) => [e.check, e]));
  return checks.map((check) => {
    const of = said.get(check.id);
    if (!of) return { check, month, state: 'open', explanation: null };
    const figure = JSON.parse(of.figure) as Check['figure'];
    const state = isSame(figure, check.figure) ? 'explained' : 'open';
    return { check, month, state, explanation: { text: of.text, by: of.by, at: of.at, figure } };
  });
}

/** Checks that hold a submission up. */
export function holdingUp(checks: readonly FiledCheck[]): FiledCheck[] {
  return checks.filter((c) => c.check.severity === 'must' && c.state === 'open');
}

function isSame(then: Check['figure'], now: Check['figure']): boolean {
  const [a, b] = [then.share ?? then.value, now.share ?? now.value];
  if (a === null || b === null) return a === b;
  return Math.abs(a - b) <= SAME * Math.max(Math.abs(a), Math.abs(b));
}
