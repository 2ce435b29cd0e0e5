import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { zh as access } from '../../web/src/lib/access/words.zh.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { violations } from './axe.ts';
import { launchBrowser, type OpenPage, PHONE, type TestBrowser } from './browser.ts';
import { demoServer, type EstateServer } from './estate.ts';
import { overflow, settled, tabTo } from './page.ts';

/** Large type for the elderly: sizes, contrast, one column, and everything still within reach. */
const NOON = Date.parse('2026-11-20T12:00:00+08:00');
const DAY_MS = 86_400_000;
const TYPE_PX = 18;
const CONTROL_PX = 48;
const LINE = 1.3;
let server: EstateServer;
let browser: TestBrowser;
const opened: OpenPage[] = [];

beforeAll(async () => {
  browser = await launchBrowser();
  server = await demoServer(NOON - 35 * DAY_MS, NOON);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(
  url: string,
  more: { width?: number; height?: number; theme?: 'dark' } = {},
): Promise<Page> {
  const one = await browser.open({ url, ...more });
  await one.context.addInitScript(() => localStorage.setItem('jieneng.elder', 'on'));
  opened.push(one);
  return one.page;
}

/** Text that is smaller, or set closer, than it may be. */
async function smallText(page: Page): Promise<string[]> {
  return page.evaluate(
    ([least, line]) => {
      const found: string[] = [];
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        const text = node.textContent?.trim();
        if (!element || !text || element.closest('script, style, svg, .hidden-text, .skip')) continue;
        const box = element.getBoundingClientRect();
        const style = getComputedStyle(element);
        if (box.width <= 1 || box.height <= 1 || style.visibility === 'hidden') continue;
        const size = Number.parseFloat(style.fontSize);
        const height = Number.parseFloat(style.lineHeight) / size;
        // What stands in one line only has no distance to another.
        const inLines = element.matches('p, li, dd, td') && box.height > 2 * size;
        if (size < least - 0.01 || (inLines && height < line)) {
          found.push(
            `${element.tagName}.${element.className} ${size}px ${height.toFixed(2)} ${text.slice(0, 20)}`,
          );
        }
      }
      return found;
    },
    [TYPE_PX, LINE] as const,
  );
}

/** Controls that are lower than a finger of somebody whose hand is not steady. */
async function lowControls(page: Page): Promise<string[]> {
  return page.evaluate((least) => {
    const all = document.querySelectorAll<HTMLElement>(
      ':is(header, main, .gate, .thumb) :is(button, select, .button, nav a, input:not([type="checkbox"], [type="radio"]))',
    );
    return [...all]
      .filter((control) => {
        const { width, height } = control.getBoundingClientRect();
        return width > 1 && height > 1 && height < least - 0.5 && !control.matches('.day');
      })
      .map((control) => `${control.tagName}.${control.className} ${control.innerText.slice(0, 20)}`);
  }, CONTROL_PX);
}

/** Text of less than 7:1 against its ground. */
async function faint(page: Page): Promise<string[]> {
  const { violations: found } = await new AxeBuilder({ page })
    .withRules(['color-contrast-enhanced'])
    .analyze();
  return found.flatMap((v) => v.nodes.map((n) => `${n.target.join(' ')}: ${n.failureSummary ?? ''}`));
}

async function holds(page: Page): Promise<void> {
  await expect.poll(() => smallText(page)).toEqual([]);
  await expect.poll(() => lowControls(page)).toEqual([]);
  await expect.poll(() => faint(page)).toEqual([]);
  await expect.poll(() => violations(page)).toEqual([]);
  await expect.poll(() => overflow(page)).toBe(0);
}

test('the sign-in has the switch, and keeps it', async () => {
  const one = await browser.open({ url: server.front, ...PHONE });
  opened.push(one);
  await one.page.goto('/');
  const elder = one.page.getByTestId('elder');
  await tabTo(one.page, elder);
  await one.page.keyboard.press('Enter');
  await expect.poll(() => elder.getAttribute('aria-pressed')).toBe('true');
  await holds(one.page);
  await one.page.reload();
  await expect.poll(() => one.page.locator('html').getAttribute('data-elder')).toBe('');
});

test.each([
  ['light', {}],
  ['dark', { theme: 'dark' }],
  ['on a phone', PHONE],
] as const)(
  'the overview is one column with the finding, month, year and four ways on: %s',
  async (_, more) => {
    const page = await open(server.url, more);
    await page.goto('/overview?node=gov');
    await page.getByTestId('simple').waitFor();
    await settled(page);
    await expect.poll(() => page.getByTestId('finding').textContent()).toContain(zh.uses.electricity);
    await page.getByTestId('simple').getByText(zh.overview.month, { exact: true }).first().waitFor();
    const ways = page.getByRole('navigation', { name: access.simple.go }).getByRole('link');
    expect(await ways.count()).toBe(4);
    const left = await page
      .getByTestId('simple')
      .locator('> section')
      .evaluateAll((all) => new Set(all.map((e) => Math.round(e.getBoundingClientRect().left))).size);
    expect(left).toBe(1);
    await holds(page);
  },
);

test('everything else is reached as before, in large type, by keyboard', async () => {
  const page = await open(server.url, PHONE);
  await page.goto('/overview?node=gov');
  const meters = page.getByRole('link', { name: access.simple.links.meters });
  await meters.waitFor();
  await tabTo(page, meters);
  await page.keyboard.press('Enter');
  await page.getByRole('table').first().waitFor();
  await settled(page);
  await expect.poll(() => smallText(page)).toEqual([]);
  await expect.poll(() => overflow(page)).toBe(0);
  await page.goto('/overview?node=gov');
  const back = page.getByRole('button', { name: access.simple.full });
  await back.waitFor();
  await tabTo(page, back);
  await page.keyboard.press('Enter');
  await page.getByTestId('simple').waitFor({ state: 'detached' });
  await expect.poll(() => page.locator('html').getAttribute('data-elder')).toBe(null);
});

test('saw no error on the way', () => {
  expect(opened.flatMap((o) => o.faults)).toEqual([]);
});
