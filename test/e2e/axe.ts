import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'];

/**
 * What WCAG 2.1 AA finds fault with on a page as it is now; a part that is just being computed again is
 * dimmed, so whoever asks asks until it holds.
 * @param without a selector of what is not looked into
 * @param practices whether what axe advises beyond the standards counts as well
 */
export async function violations(
  page: Page,
  { without, practices = false }: { without?: string; practices?: boolean } = {},
): Promise<string[]> {
  let axe = new AxeBuilder({ page });
  if (!practices) axe = axe.withTags(STANDARDS);
  if (without !== undefined) axe = axe.exclude(without);
  const found = await axe.analyze();
  // A page that is not there has nothing wrong with it.
  if (found.passes.length <= 5) throw new Error(`axe found ${found.passes.length} things to look at`);
  return found.violations.flatMap((v) =>
    v.nodes.map((n) => `${v.id}: ${n.target.join(' ')}: ${n.failureSummary ?? ''}`),
  );
}
