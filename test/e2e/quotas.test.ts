import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zh as forms } from '../../web/src/lib/forms/words.zh.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { zh as words } from '../../web/src/lib/quotas/words.zh.ts';
import { zh as settings } from '../../web/src/lib/settings/words.zh.ts';
import { violations } from './axe.ts';
import { launchBrowser, PHONE, type TestBrowser } from './browser.ts';
import { type EstateServer, emptyServer, send, ZONE } from './estate.ts';
import { cutOff, misnamed, overflow, settled, small } from './page.ts';

/** Indicators, quotas, ranking, publicity and settings, from an institution of which nobody said anything. */
const AT = Date.parse('2026-02-10T09:00:00+08:00');
const FIRST = Date.parse('2024-12-31T00:00:00+08:00');
const DAYS = 406;
/** kWh and m³ of a day. */
const KWH = 480;
const M3 = 6;
const WHO = '李静';

const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'city', name: '安澜市', kind: 'region' },
    { id: 'bureau', name: '市统计局', kind: 'institution', parent: 'city' },
    { id: 'school', name: '市一中', kind: 'institution', parent: 'city' },
  ],
  meters: [
    meter('bureau-main', 'bureau', 'electricity', 'kWh'),
    meter('bureau-water', 'bureau', 'water', 'm³'),
    meter('school-main', 'school', 'electricity', 'kWh'),
  ],
};

function meter(id: string, node: string, carrier: string, unit: string): object {
  return { id, name: id, node, carrier, unit, register: 'cumulative', multiplier: 1, interval_s: 86_400 };
}

let server: EstateServer;
let browser: TestBrowser;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await emptyServer(AT);
  await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(ESTATE));
  const lines = Array.from({ length: DAYS }, (_, i) => {
    const time = ZONE.iso(ZONE.shift(FIRST, 'day', i));
    return [
      `bureau-main,${time},${1000 + i * KWH}`,
      `bureau-water,${time},${50 + i * M3}`,
      `school-main,${time},${i * 900}`,
    ];
  }).flat();
  const csv = `meter,time,value\n${lines.join('\n')}\n`;
  await send(server, 'POST', '/api/v1/readings?name=history.csv', 'text/csv', csv);
  const quota = {
    standard: '测试定额',
    metric: 'energy_per_person',
    types: ['organ'],
    unit: 'kgce/(p·a)',
    scheme: 'national-statistics',
    values: { constraint: 100, base: 80, leading: 60 },
    source: { text: '测试', confidence: 'unconfirmed' },
  };
  await send(
    server,
    'PUT',
    '/api/v1/policy/quota/test.person',
    'application/json',
    JSON.stringify({ body: quota }),
  );
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const row = (page: Page, name: string) =>
  page.locator('tr.line', { has: page.getByText(name, { exact: true }) });

/** Adds a dated value in the settings. */
async function addValue(page: Page, name: string, from: string, value: string): Promise<void> {
  await page.getByRole('button', { name: settings.attributes.addOf(name) }).click();
  const dialog = page.getByTestId('setting');
  await dialog.getByLabel(settings.attributes.from).fill(from);
  await dialog.getByLabel(settings.attributes.value).fill(value);
  await dialog.getByLabel(forms.who).fill(WHO);
  await dialog.getByRole('button', { name: forms.save }).click();
  await dialog.waitFor({ state: 'detached' });
}

test('what is lacking is said where the figure would stand, and mended there', async () => {
  const { page, context, faults } = await browser.open({ url: server.url });
  await page.goto('/indicators?node=bureau&period=2025-12');
  await settled(page);
  const lack = words.lacks.no_attribute(words.what.people ?? '');
  const line = row(page, words.indicators.energy_per_person);
  await expect.poll(() => line.innerText()).toContain(lack);
  await line.getByRole('link', { name: lack }).click();
  await page.waitForURL('**/settings?*part=attributes*');
  await settled(page);
  await expect.poll(() => page.getByTestId('finding').innerText()).toContain('0 / 7');

  // A figure that is none is refused at its field.
  await page.getByRole('button', { name: settings.attributes.addOf('用能人数') }).click();
  const dialog = page.getByTestId('setting');
  await dialog.getByLabel(settings.attributes.value).fill('two hundred');
  await dialog.getByRole('button', { name: forms.save }).click();
  await dialog.getByText(forms.notNumber).waitFor();
  await expect.poll(() => violations(page)).toEqual([]);

  // A day as it is written, moved by the arrows, and chosen in the calendar without a mouse.
  const day = dialog.getByLabel(settings.attributes.from);
  await day.fill('2025年3月31日');
  await day.press('Tab');
  await expect.poll(() => day.inputValue()).toBe('2025-03-31');
  await day.focus();
  await day.evaluate((field: HTMLInputElement) => field.setSelectionRange(6, 6));
  await day.press('ArrowDown');
  await expect.poll(() => day.inputValue()).toBe('2025-02-28');
  await day.press('Alt+ArrowDown');
  const calendar = page.getByRole('dialog', { name: zh.period.dialog });
  await calendar.waitFor();
  await expect.poll(() => violations(page)).toEqual([]);
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await calendar.waitFor({ state: 'detached' });
  await expect.poll(() => day.inputValue()).toBe('2025-02-27');
  await day.press('Alt+ArrowDown');
  await calendar.waitFor();
  await page.keyboard.press('Escape');
  await calendar.waitFor({ state: 'detached' });
  await expect.poll(() => dialog.count()).toBe(1);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });

  await addValue(page, '用能人数', '2025-01-01', '200');
  await addValue(page, '建筑面积', '2025-01-01', '5,000');
  await page.locator('[data-attribute="people"]').getByText('200 人，自 2025年1月1日起').waitFor();
  // Who, when, before and after.
  const history = page.getByRole('region', { name: settings.history.title });
  await history.getByText('用能人数 · 2025年1月1日：无 → 200').waitFor();
  await expect.poll(() => history.innerText()).toContain(WHO);

  await page.goto('/indicators?node=bureau&period=2025-12');
  await settled(page);
  // 31 d × 480 kWh × 0.1229 = 1,828.752 kgce; ÷ 200 = 9.14; ÷ 5,000 = 0.37
  await expect.poll(() => row(page, words.indicators.energy).innerText()).toContain('1.83');
  await expect.poll(() => line.innerText()).toContain('9.14');
  await expect.poll(() => row(page, words.indicators.energy_per_m2).innerText()).toContain('0.37');
  await page.getByRole('button', { name: words.table.open(words.indicators.energy_per_person) }).click();
  await page.getByText('14,880 kWh × 0.1229 = 1,828.75 kgce').waitFor();
  await page.getByText('1,828.75 kgce ÷ 200 人 = 9.14376 kgce/人').waitFor();
  await expect.poll(() => violations(page)).toEqual([]);
  expect(faults).toEqual([]);
  await context.close();
});

test('a quota that is exceeded is explained, returned, explained again and accepted', async () => {
  const { page, context, faults } = await browser.open({ url: server.url });
  await page.goto('/quotas?node=bureau&year=2025');
  await settled(page);
  const card = page.locator('[data-metric="energy_per_person"]');
  // Nobody said what kind of institution it is: no row is guessed.
  const lacking = ['type', 'level', 'zone', 'region'].map((key) => words.what[`classification.${key}`]);
  await card.getByText(words.quota.choose.unclassified(lacking.join(words.and))).waitFor();
  await card.getByRole('link', { name: words.mend.classification }).click();
  await settled(page);
  await page.getByLabel(settings.classification.type).selectOption('organ');
  await page.getByLabel(settings.classification.level).selectOption('county');
  await page.getByLabel(settings.classification.zone).selectOption('hot_summer_cold_winter');
  await page.getByLabel(settings.classification.region).fill('3201');
  await page.getByText(settings.faults.code()).waitFor();
  await page.getByLabel(settings.classification.region).fill('320100');
  await page.getByLabel(forms.who).fill(WHO);
  await page.getByRole('button', { name: settings.classification.save }).click();
  await page.getByText(settings.classification.saved).waitFor();
  await page.getByText('分类 · 机构类型：无 → 国家机关').waitFor();

  await page.goto('/quotas?node=bureau&year=2025');
  await settled(page);
  // 365 d × 480 kWh × 0.1229 ÷ 200 = 107.66; 100 is the limit.
  await card.getByText(words.quota.verdicts.above_constraint, { exact: true }).waitFor();
  await expect.poll(() => card.innerText()).toContain('108');
  // How sure the numbers are is said once.
  await expect.poll(async () => (await card.innerText()).split(words.confidence.unconfirmed).length).toBe(2);
  await card.getByRole('button', { name: words.quota.stepsOf(words.metrics.energy_per_person) }).click();
  const steps = card.getByRole('table');
  for (const text of ['175,200 kWh', '× 0.1229', '21,532.1 kgce', '200 人', '107.66 kgce/(人·年)']) {
    await expect.poll(() => steps.innerText()).toContain(text);
  }

  await card.getByRole('button', { name: words.explain.write }).click();
  const dialog = page.getByTestId('explanation');
  await dialog.getByText('7.7 %').waitFor();
  await dialog.getByRole('button', { name: words.explain.submit }).click();
  await expect.poll(() => dialog.getByText(forms.needed).count()).toBeGreaterThan(0);
  await expect.poll(() => violations(page)).toEqual([]);
  await dialog.getByLabel(words.explain.text).fill('全年加班多，空调延时运行。');
  await dialog.getByLabel(forms.who).fill(WHO);
  await dialog.getByRole('button', { name: words.explain.submit }).click();
  await dialog.getByLabel(words.explain.remarks).waitFor();
  // A return says why.
  await dialog.getByRole('button', { name: words.explain.return }).click();
  await dialog.getByText(forms.needed).waitFor();
  await dialog.getByLabel(words.explain.remarks).fill('请写明整改措施和时间。');
  await dialog.getByRole('button', { name: words.explain.return }).click();
  await dialog.getByLabel(words.explain.text).fill('六月底前加装空调定时控制。');
  await dialog.getByRole('button', { name: words.explain.submit }).click();
  await dialog.getByRole('button', { name: words.explain.accept }).click();
  await dialog.getByText(words.explain.states.accepted).waitFor();
  for (const text of ['全年加班多', '请写明整改措施', '六月底前加装']) {
    await expect.poll(() => dialog.innerText()).toContain(text);
  }
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await card.getByText(words.explain.states.accepted).waitFor();

  // The bureau above sees it, and whom it cannot judge.
  await page.goto('/quotas?node=city&year=2025');
  await settled(page);
  await page.getByText(words.explain.states.accepted).waitFor();
  await expect.poll(() => page.getByTestId('finding').innerText()).toContain('1 项');
  expect(faults).toEqual([]);
  await context.close();
});

test('the public notice says it in plain sentences, and alone on a screen', async () => {
  const { page, context, faults } = await browser.open({ url: server.url, width: 1920, height: 1080 });
  await page.goto('/publicity?node=bureau&period=2025');
  await settled(page);
  const text = async () => (await page.getByTestId('notice').innerText()).replaceAll(/\s+/g, ' ');
  // 21,532 kgce ÷ 200; 365 d × 6 m³ = 2,190 m³ ÷ 200
  await expect.poll(text).toContain('共消费能源 21.5 吨标准煤');
  await expect.poll(text).toContain('平均每人 108 千克标准煤');
  await expect.poll(text).toContain('用水 2,190 立方米');
  // Of 2024 there is one reading.
  await expect.poll(text).toContain(words.notice.noBasis);
  await expect.poll(text).toContain('人均综合能耗 108 千克标准煤/人，超过约束值（约束值 100）');
  await expect.poll(text).not.toContain(WHO);
  await expect.poll(() => violations(page)).toEqual([]);
  await page.getByRole('link', { name: words.notice.lobby }).click();
  await page.locator('header nav').waitFor({ state: 'detached' });
  await expect.poll(() => page.locator('aside').count()).toBe(0);
  const fits = await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight + 1);
  expect(fits).toBe(true);
  // From ten metres: a figure is at least a twelfth of the height, 1,080 ÷ 12; what it means a thirtieth.
  const size = (at: string) =>
    page
      .getByTestId('notice')
      .locator(at)
      .first()
      .evaluate((element) => Number.parseFloat(getComputedStyle(element).fontSize));
  expect(await size('.head strong')).toBeGreaterThanOrEqual(90);
  expect(await size('.rest')).toBeGreaterThanOrEqual(36);
  await expect.poll(() => violations(page)).toEqual([]);
  expect(faults).toEqual([]);
  await context.close();
});

test('a shipped scheme is made own, says so, and is taken back', async () => {
  const { page, context, faults } = await browser.open({ url: server.url });
  await page.goto('/settings?node=bureau&part=schemes');
  const item = page.locator('[data-item="national-statistics"]');
  await item.getByText(settings.policy.builtin, { exact: true }).waitFor();
  await item.getByRole('button', { name: settings.policy.copyOf('national-statistics') }).click();
  const dialog = page.getByTestId('setting');
  await dialog.getByLabel(settings.labels.kgce).first().fill('-');
  await dialog.getByLabel(forms.who).fill(WHO);
  await dialog.getByRole('button', { name: forms.save }).click();
  await dialog.getByText(forms.notNumber).waitFor();
  await expect.poll(() => violations(page)).toEqual([]);
  await dialog.getByLabel(settings.labels.kgce).first().fill('0.31');
  await dialog.getByRole('button', { name: forms.save }).click();
  await dialog.waitFor({ state: 'detached' });
  await item.getByText(settings.policy.replaced, { exact: true }).waitFor();
  await item.getByRole('button', { name: settings.policy.historyOf('national-statistics') }).click();
  await dialog.getByText(WHO).waitFor();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await item.getByRole('button', { name: settings.policy.backOf('national-statistics') }).click();
  await dialog.getByLabel(forms.who).fill(WHO);
  await dialog.getByRole('button', { name: forms.save }).click();
  await dialog.waitFor({ state: 'detached' });
  await item.getByText(settings.policy.builtin, { exact: true }).waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

test('the ranking is sorted by any of its columns', async () => {
  const { page, context } = await browser.open({ url: server.url });
  await page.goto('/comparison?node=city&period=2025-12&indicator=electricity');
  await settled(page);
  await expect.poll(() => page.getByTestId('finding').innerText()).toContain('市统计局');
  await page.getByRole('button', { name: words.rank.showTable }).click();
  const names = () => page.locator('tbody th').allInnerTexts();
  await expect.poll(() => names()).toEqual(['市统计局', '市一中']);
  const value = page.getByRole('button', { name: words.rank.sort(`${words.rank.value} (kWh)`) });
  await value.click();
  await value.click();
  await expect.poll(() => names()).toEqual(['市一中', '市统计局']);
  await page.getByLabel(words.rank.kind).selectOption('organ');
  await page.waitForURL('**type=organ**');
  await settled(page);
  await expect.poll(() => names()).toEqual(['市统计局']);
  await context.close();
});

const PAGES = {
  indicators: '/indicators?node=bureau&period=2025-12',
  quotas: '/quotas?node=bureau&year=2025',
  'quotas of a region': '/quotas?node=city&year=2025',
  ranking: '/comparison?node=city&period=2025-12',
  publicity: '/publicity?node=bureau&period=2025',
  attributes: '/settings?node=bureau&part=attributes',
  classification: '/settings?node=bureau&part=classification',
  choices: '/settings?node=bureau&part=choices',
  schemes: '/settings?node=bureau&part=schemes',
  factors: '/settings?node=bureau&part=factors',
  'table of quotas': '/settings?node=bureau&part=quotas',
};

describe.each(['light', 'dark'] as const)('in %s', (theme) => {
  test.each(Object.entries(PAGES))('%s can be read by everybody', async (_, path) => {
    const { page, context, faults } = await browser.open({ url: server.url, theme });
    await page.goto(path);
    await settled(page);
    await expect.poll(() => violations(page)).toEqual([]);
    await expect.poll(() => misnamed(page)).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });
});

test.each(['zh', 'en'] as const)('all of them fit a phone in %s', async (language) => {
  const { page, context } = await browser.open({ url: server.url, touch: true, language, ...PHONE });
  for (const path of Object.values(PAGES)) {
    await page.goto(path);
    await settled(page);
    await expect
      .poll(async () => [path, await overflow(page), await cutOff(page), await small(page)])
      .toEqual([path, 0, [], []]);
  }
  await context.close();
});

test('the pages are among the others, and so are the settings', async () => {
  const { page, context } = await browser.open({ url: server.url });
  await page.goto('/overview?node=bureau');
  await settled(page);
  await page
    .getByRole('navigation', { name: zh.app.views })
    .getByRole('link', { name: zh.groups.goals })
    .click();
  await page
    .getByRole('navigation', { name: zh.app.groupPages })
    .getByRole('link', { name: zh.views.publicity })
    .click();
  await page.getByTestId('notice').waitFor();
  await page
    .getByRole('navigation', { name: zh.app.views })
    .getByRole('link', { name: zh.groups.settings })
    .click();
  await page.getByRole('heading', { level: 1, name: zh.views.settings }).waitFor();
  await context.close();
});
