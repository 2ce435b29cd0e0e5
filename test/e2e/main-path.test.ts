import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Consumption } from '../../server/http/schemas/consumption.ts';
import type { Tree } from '../../server/http/schemas/estate.ts';
import type { Readings } from '../../server/http/schemas/readings.ts';
import { en } from '../../web/src/lib/i18n/en.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { launchBrowser, type OpenPage, type TestBrowser } from './browser.ts';
import { type Demo, type DemoOptions, freePorts, startDemo } from './demo.ts';
import { ZONE } from './estate.ts';
import { settled, tabTo } from './page.ts';

/** The demo as a user starts it, and what an energy manager does with it first. */
let data: string;
let options: DemoOptions;
let demo: Demo;
/** Of the bureau's supervisor, who sees everything. */
let cookie: string;
let browser: TestBrowser;
let opened: OpenPage;
let page: Page;

beforeAll(async () => {
  data = mkdtempSync(join(tmpdir(), 'jieneng-e2e-demo-'));
  options = { data, ...(await freePorts()) };
  demo = await startDemo(options);
  browser = await launchBrowser();
  cookie = await demo.signIn('supervisor');
  opened = await browser.open({ url: demo.url, cookie });
  page = opened.page;
});

afterAll(async () => {
  await browser?.close();
  await demo?.stop();
  if (data) rmSync(data, { recursive: true, force: true });
});

const get = async <T>(path: string): Promise<T> => {
  const response = await fetch(`${demo.url}/api/v1${path}`, { headers: { cookie } });
  expect(response.status).toBe(200);
  return (await response.json()) as T;
};

/** The month that a page opens with, read from its address: midnight may pass while the tests run. */
function runningMonth(of: Page): number {
  const period = new URL(of.url()).searchParams.get('period') ?? '';
  expect([ZONE.iso(began), ZONE.iso(Date.now())].map((t) => t.slice(0, 7))).toContain(period);
  return Date.parse(`${period}-01T00:00:00+08:00`);
}
const began = Date.now();

/** The last whole month: it no longer moves. */
interface Month {
  start: number;
  from: string;
  to: string;
  /** 2026-10 */
  text: string;
  days: number;
}
function monthBefore(running: number): Month {
  const start = ZONE.shift(running, 'month', -1);
  const from = ZONE.iso(start);
  return { start, from, to: ZONE.iso(running), text: from.slice(0, 7), days: (running - start) / 86_400_000 };
}
let month: Month;
const monthName = (): string => {
  const { year, month: no } = ZONE.wall(month.start);
  return `${year}年${no}月`;
};

const heading = (text: string): Locator => page.getByRole('heading', { level: 1, name: text });
const query = (name: string): string | null => new URL(page.url()).searchParams.get(name);
/** Every figure that stands in a text, without its thousands separators. */
const figuresIn = (text: string): number[] =>
  (text.match(/\d[\d,]*(\.\d+)?/g) ?? []).map((n) => Number(n.replaceAll(',', '')));

describe('an energy manager', () => {
  test('opens the address and sees where they are', async () => {
    await page.goto('/');
    await settled(page);
    const { nodes } = await get<Tree>('/tree');
    const node = nodes.find((n) => n.id === query('node'));
    expect(node).toBeDefined();
    await heading(node?.name ?? '').waitFor();
    // The address is complete from the start, so it can be shared.
    await expect.poll(() => query('carrier')).toBe('electricity');
    month = monthBefore(runningMonth(page));
  });

  test('sees live readings arrive', async () => {
    const rows = page.getByTestId('live-reading');
    await rows.first().waitFor();
    const seen = new Map<string, Set<string>>();
    let moved: { id: string; values: Set<string> } | undefined;
    for (const deadline = Date.now() + 90_000; !moved && Date.now() < deadline; ) {
      // All rows at one instant: the list moves while it is read.
      const shown = await rows.evaluateAll((elements) =>
        elements.map((row) => ({
          href: row.querySelector('a')?.href ?? '',
          value: row.querySelector('td.num')?.textContent ?? '',
        })),
      );
      for (const { href, value } of shown) {
        const id = new URL(href).searchParams.get('meter') ?? '';
        const values = seen.get(id) ?? new Set();
        seen.set(id, values.add(value));
        if (values.size > 1) moved = { id, values };
      }
      await page.waitForTimeout(100);
    }
    if (!moved) throw new Error(`no meter showed a second value: ${[...seen.keys()].join(', ')}`);
    // What the page showed is what was stored.
    const from = encodeURIComponent(ZONE.iso(Date.now() - 300_000));
    const to = encodeURIComponent(ZONE.iso(Date.now() + 60_000));
    const stored = await get<Readings>(`/readings?meter=${moved.id}&from=${from}&to=${to}`);
    const values = stored.rows.map((r) => r.value);
    for (const shown of moved.values) expect(values).toContain(Number(shown.replaceAll(',', '')));
  });

  test('goes to another node through the tree', async () => {
    await page.getByRole('treeitem', { name: '办公主楼' }).click();
    await heading('办公主楼').waitFor();
    await expect.poll(() => query('node')).toBe('gov');
    await page.getByRole('treeitem', { name: '市财政局' }).waitFor();
  });

  test('goes to another period, and the finding says what the server knows', async () => {
    await page.getByRole('button', { name: zh.period.previous.month }).click();
    await page.waitForURL(`**/overview?*period=${month.text}*`);
    await settled(page);
    await expect.poll(() => page.getByTestId('period-label').textContent()).toContain(monthName());
    const path = `/consumption?node=gov&carrier=electricity&by=month&from=${encodeURIComponent(month.from)}&to=${encodeURIComponent(month.to)}`;
    const { rows } = await get<Consumption>(path);
    expect(rows).toHaveLength(1);
    const finding = async (): Promise<string> => (await page.getByTestId('finding').textContent()) ?? '';
    await expect.poll(finding).toContain(zh.uses.electricity);
    await expect
      .poll(async () => figuresIn(await finding()))
      .toContain(Math.round(rows[0]?.quantity ?? Number.NaN));
  });

  test('downloads the figures as the server exports them', async () => {
    const title = zh.chart.titled(monthName(), zh.overview.trend(zh.uses.electricity, zh.overview.steps.day));
    const downloading = page.waitForEvent('download');
    await page.getByRole('link', { name: zh.chart.csvOf(title) }).click();
    const csv = await readFile(await (await downloading).path(), 'utf8');
    const query = new URLSearchParams({
      node: 'gov',
      carrier: 'electricity',
      by: 'day',
      from: month.from,
      to: month.to,
      format: 'csv',
    });
    const response = await fetch(`${demo.url}/api/v1/consumption?${query}`, { headers: { cookie } });
    expect(csv).toBe(await response.text());
    expect(csv.trim().split(/\r?\n/)).toHaveLength(1 + month.days);
  });

  test('reads the figures of a chart as a table', async () => {
    const figure = page.getByRole('figure').first();
    await figure.getByRole('button', { name: zh.chart.table }).click();
    await expect.poll(() => figure.getByRole('table').getByRole('row').count()).toBe(1 + month.days);
    await figure.getByRole('button', { name: zh.chart.chart }).click();
  });

  test('keeps node and period from page to page', async () => {
    await page
      .getByRole('navigation', { name: zh.app.views })
      .getByRole('link', { name: zh.groups.monitoring })
      .click();
    await page.waitForURL(`**/building?node=gov&carrier=electricity&period=${month.text}`);
    await settled(page);
    await heading('办公主楼').waitFor();
  });

  test('goes back the way they came', async () => {
    await page.goBack();
    await page.waitForURL(`**/overview?*period=${month.text}*`);
    await page.goBack();
    await page.waitForURL(`**/overview?node=gov&*period=${month.to.slice(0, 7)}*`);
    await page.goForward();
    await page.waitForURL(`**/overview?node=gov&*period=${month.text}*`);
    await settled(page);
  });

  test('shares the address: another browser shows the same', async () => {
    const other = await browser.open({ url: demo.url, cookie });
    await other.page.goto(page.url());
    await settled(other.page);
    await expect.poll(() => other.page.url()).toBe(page.url());
    for (const id of ['node-title', 'period-label', 'finding']) {
      await expect
        .poll(() => other.page.getByTestId(id).textContent())
        .toBe(await page.getByTestId(id).textContent());
    }
    expect(other.faults).toEqual([]);
    await other.context.close();
  });

  test('switches to English, and it stays after a reload', async () => {
    const address = page.url();
    await page.getByRole('button', { name: zh.app.otherLanguage }).click();
    await page.getByRole('link', { name: en.groups.monitoring }).first().waitFor();
    await expect.poll(() => page.locator('html').getAttribute('lang')).toBe('en');
    await page.reload();
    await settled(page);
    await expect.poll(() => page.url()).toBe(address);
    await expect.poll(() => page.getByTestId('finding').textContent()).toContain(en.uses.electricity);
    // Names of places are the estate's; every other word is English.
    const words = await page.locator('.no-print button, thead th, figcaption p').allTextContents();
    expect(words.filter((text) => /\p{Script=Han}/u.test(text) && text !== en.app.otherLanguage)).toEqual([]);
    await page.getByRole('button', { name: en.app.otherLanguage }).click();
    await page.getByRole('link', { name: zh.groups.monitoring }).first().waitFor();
  });

  test('chooses the dark appearance, and it stays after a reload', async () => {
    const paper = (): Promise<string> =>
      page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await paper();
    await page.getByRole('button', { name: zh.app.menu }).click();
    await page.getByRole('menuitemradio', { name: zh.app.themes.dark }).click();
    await expect.poll(paper).not.toBe(light);
    const dark = await paper();
    await page.reload();
    await settled(page);
    await expect.poll(() => paper()).toBe(dark);
    await page.getByRole('button', { name: zh.app.menu }).click();
    await page.getByRole('menuitemradio', { name: zh.app.themes.light }).click();
    await expect.poll(paper).toBe(light);
  });

  test('saw no error on the way', () => {
    expect(opened.faults).toEqual([]);
  });
});

test('the same way with the keyboard alone', async () => {
  const other = await browser.open({ url: demo.url, cookie });
  const { page, context, faults } = other;
  await page.goto('/');
  await settled(page);
  const start = new URL(page.url()).searchParams.get('node');

  // The first stop leads past the navigation.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('main');

  await page.goto('/');
  await settled(page);
  await tabTo(page, page.locator(`[role="treeitem"][data-node="${start}"]`));
  for (let i = 0; i < 40; i++) {
    if (
      await page.locator('[role="treeitem"][data-node="gov"]').evaluate((e) => e === document.activeElement)
    )
      break;
    await page.keyboard.press('ArrowDown');
  }
  await page.keyboard.press('Enter');
  await page.waitForURL('**/overview?node=gov&**');
  await settled(page);

  const before = monthBefore(runningMonth(page));
  await tabTo(page, page.getByTestId('period-label'));
  await page.keyboard.press('ArrowLeft');
  await page.waitForURL(`**/overview?*period=${before.text}*`);
  await settled(page);

  const link = page.getByRole('figure').first().getByRole('link', { name: 'CSV' });
  await tabTo(page, link);
  const downloading = page.waitForEvent('download');
  await page.keyboard.press('Enter');
  const csv = await readFile(await (await downloading).path(), 'utf8');
  expect(csv).toContain(before.from);

  await tabTo(page, page.getByRole('button', { name: zh.app.otherLanguage }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: en.groups.monitoring }).first().waitFor();

  await tabTo(page, page.getByRole('button', { name: en.app.menu }));
  await page.keyboard.press('Enter');
  await page.getByRole('menu').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('menu').waitFor({ state: 'detached' });

  await tabTo(page, page.getByRole('link', { name: en.groups.monitoring }).first(), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/building?node=gov&*period=${before.text}*`);
  expect(faults).toEqual([]);
  await context.close();
});

test('a server that is stopped shows what to do, and the page recovers with it', async () => {
  // Language and appearance are kept for each person, and were changed above.
  const { page, context } = await browser.open({ url: demo.url, cookie: await demo.signIn('manager') });
  await page.goto('/');
  await settled(page);
  await page.locator('[data-testid="live-state"][data-state="open"]').waitFor();

  expect(await demo.stop()).toBe(0);
  await page.locator('[data-testid="live-state"][data-state="reconnecting"]').waitFor();
  await page.getByRole('button', { name: zh.period.previous.month }).click();
  const alert = page.getByRole('alert').filter({ hasText: zh.problem.offline }).first();
  await alert.waitFor();
  await expect.poll(() => alert.textContent()).toContain(zh.problem.offlineTodo);

  await alert.getByRole('button', { name: zh.problem.retry }).click();
  await alert.waitFor();

  demo = await startDemo(options, ['--no-build']);
  await expect.poll(() => page.getByRole('alert').count()).toBe(0);
  await settled(page);
  await expect.poll(() => page.getByTestId('finding').textContent()).toContain(zh.uses.electricity);
  await page.locator('[data-testid="live-state"][data-state="open"]').waitFor();
  await page.getByTestId('live-reading').first().waitFor();
  await context.close();
});
