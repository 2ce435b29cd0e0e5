import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zh as forms } from '../../web/src/lib/forms/words.zh.ts';
import { zh as shell } from '../../web/src/lib/i18n/zh.ts';
import { en } from '../../web/src/lib/targets/words.en.ts';
import { zh } from '../../web/src/lib/targets/words.zh.ts';
import { violations } from './axe.ts';
import { launchBrowser, type OpenPage, PHONE, type TestBrowser } from './browser.ts';
import { type EstateServer, emptyServer, send } from './estate.ts';
import { cutOff, mainWidth, misnamed, overflow, settled, small, tabTo } from './page.ts';

/**
 * A town of two institutions with two years of meter readings that anybody can add up: north uses 24 kWh on
 * every day, south 48, 60 on every day of this year.
 */
const AT = Date.parse('2026-07-01T00:00:00+08:00');
const FROM = Date.parse('2024-12-31T00:00:00+08:00');
const DAY = 86_400_000;
const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'town', name: '临河县', kind: 'region' },
    { id: 'north', name: '北院', kind: 'institution', parent: 'town' },
    { id: 'south', name: '南院', kind: 'institution', parent: 'town' },
    { id: 'shed', name: '车棚', kind: 'building', parent: 'north' },
  ],
  meters: ['north', 'south'].map((node) => ({
    id: `${node}-main`,
    name: '总表',
    node,
    carrier: 'electricity',
    register: 'cumulative',
    unit: 'kWh',
    multiplier: 1,
    interval_s: 21_600,
  })),
};

/** Registers every six hours, so that each day holds its own. */
function csv(): string {
  const rows = ['meter,time,value'];
  const registers = { north: 0, south: 0 };
  for (let at = FROM; at <= AT; at += DAY / 4) {
    for (const node of ['north', 'south'] as const) {
      rows.push(`${node}-main,${new Date(at).toISOString()},${registers[node]}`);
    }
    const thisYear = at >= Date.parse('2026-01-01T00:00:00+08:00');
    registers.north += 6;
    registers.south += thisYear ? 15 : 12;
  }
  return `${rows.join('\n')}\n`;
}

let server: EstateServer;
let browser: TestBrowser;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await emptyServer(AT);
  await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(ESTATE));
  await send(server, 'POST', '/api/v1/readings?name=two-years.csv', 'text/csv', csv());
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path: string, more: object = {}): Promise<OpenPage> {
  const opened = await browser.open({ url: server.url, at: AT, ...more });
  await opened.page.goto(path);
  await settled(opened.page);
  return opened;
}

const finding = async (page: Page): Promise<string> => (await page.getByTestId('finding').innerText()).trim();

test('a bureau sets a target, sees how it stands, splits it, and an institution sees its part', async () => {
  const { page, context, faults } = await open('/targets?node=town');

  // Nothing is set: that is said, with the step that sets it.
  await expect.poll(() => finding(page)).toBe('临河县还没有设定节能目标。');
  await page.getByRole('link', { name: zh.glance.create }).click();
  await page.waitForURL('**/target?*');

  // Nothing is saved before it is complete; the fields say what they lack.
  const form = page.locator('form');
  await form.getByLabel(zh.edit.indicator, { exact: true }).selectOption('electricity');
  await page.getByTestId('base').getByText('26,280 kWh').waitFor();
  await page.getByRole('button', { name: zh.edit.save }).click();
  await expect.poll(() => form.locator('[aria-invalid="true"]').count()).toBe(2);
  await form.getByLabel(zh.edit.endYear, { exact: true }).fill('2024');
  await form.getByText(zh.edit.endBefore).waitFor();
  await form.getByLabel(zh.edit.endYear, { exact: true }).fill('2030');
  await form.getByLabel(zh.edit.reduction, { exact: true }).fill('5');
  await form.getByLabel(forms.who, { exact: true }).fill('王敏');

  // 72 kWh × 365 days = 26,280 kWh in 2025; −5 % by 2030 in five equal steps: 1 % of it each year.
  const preview = page.getByTestId('path-preview');
  await expect.poll(() => preview.getByRole('row', { name: /^2026/ }).innerText()).toMatch(/26,017\s+1\.0 %/);
  await expect.poll(() => preview.getByRole('row', { name: /^2030/ }).innerText()).toMatch(/24,966\s+5\.0 %/);
  await page.getByRole('button', { name: zh.edit.save }).click();
  await page.waitForURL('**/targets?*');
  await settled(page);

  // Up to 30 June: (24 + 60) kWh × 181 days = 15,204 kWh; of 26,017.2 kWh that is 58.4 %.
  await expect
    .poll(() => finding(page))
    .toMatch(/^2026年用电量累计 15,204 kWh，占年度目标 58\.4 %；按目前进度年底约 [\d,]+ kWh，高于目标 \d/);
  // The curve by then: 26,017.2 × 181 / 365 = 12,901.7 kWh; 15,204 is 2,302 more, 17.8 %.
  await expect.poll(() => page.getByTestId('standing').innerText()).toBe('比目标曲线多 2,302 kWh（17.8 %）');
  await page.getByText(zh.verdicts.off_track).first().waitFor();

  // The table beside the chart: June used 84 kWh × 30 days.
  const figure = page.getByRole('figure').first();
  await figure.getByRole('button', { name: zh.progress.monthly, exact: true }).click();
  await figure.getByRole('button', { name: shell.chart.table }).click();
  await expect.poll(() => figure.getByRole('row', { name: /2026年6月/ }).innerText()).toContain('2,520');
  await expect.poll(() => violations(page)).toEqual([]);

  // By hand, one is given too much: what is left over is shown.
  await page.getByRole('link', { name: zh.parts.split }).click();
  await page.waitForURL('**/split?*');
  const table = page.getByTestId('split');
  await table.getByRole('row', { name: /南院/ }).getByText('17,520').waitFor();
  await page.getByLabel(zh.split.methods.hand, { exact: true }).check();
  await table.getByLabel(zh.split.valueOf('北院')).fill('9000');
  await table.getByLabel(zh.split.valueOf('南院')).fill('15000');
  // 24,966 − 9,000 − 15,000
  await page.getByTestId('remainder').getByText('966 kWh').waitFor();
  await expect.poll(() => violations(page)).toEqual([]);

  // By base use nothing is left over: 24,966 in the ratio of 24 to 48.
  await page.getByLabel(zh.split.methods.base, { exact: true }).check();
  await page.getByTestId('remainder').getByText(zh.split.exact).waitFor();
  await expect
    .poll(() => table.getByRole('row', { name: /北院/ }).innerText())
    .toMatch(/8,760\s+8,322\s+5\.0 %/);
  await expect
    .poll(() => table.getByRole('row', { name: /南院/ }).innerText())
    .toMatch(/17,520\s+16,644\s+5\.0 %/);
  await page.getByRole('button', { name: zh.split.save }).click();
  await page.getByText(zh.split.saved('2')).waitFor();

  // Each sees its own: north is below its curve, south above.
  await page.getByRole('treeitem', { name: '北院' }).click();
  await page.waitForURL('**/targets?node=north*');
  await settled(page);
  // 24 kWh × 181 = 4,344 kWh; its target of 2026 is 8,672 kWh: 50.1 %.
  await expect.poll(() => finding(page)).toMatch(/^2026年用电量累计 4,344 kWh，占年度目标 50\.1 %/);
  await page.getByText(zh.edit.from('临河县', zh.indicators.electricity, zh.split.methods.base)).waitFor();

  // From above: which of the two made the difference.
  await page.goto('/targets?node=town');
  await settled(page);
  await page.getByRole('button', { name: zh.parts.nodes, exact: true }).click();
  const parts = page.getByRole('figure', { name: zh.parts.title });
  const names = () => parts.locator('tbody th').allInnerTexts();
  await expect.poll(async () => (await names()).map((n) => n.trim())).toEqual(['南院', '北院']);
  await parts.getByRole('link', { name: '南院' }).click();
  await page.waitForURL('**/targets?*node=south*');
  expect(faults).toEqual([]);
  await context.close();
});

test('a change is kept with who made it, what it was before and what it is now', async () => {
  const { page, context } = await open('/target?node=town&target=town-electricity-2030');
  await page.locator('form').getByLabel(zh.edit.reduction, { exact: true }).fill('6');
  await page.locator('form').getByLabel(forms.who, { exact: true }).fill('李强');
  await page.getByRole('button', { name: zh.edit.save }).click();
  await page.waitForURL('**/targets?*');
  await page.goto('/target?node=town&target=town-electricity-2030');
  await settled(page);
  const newest = page.getByRole('region', { name: zh.edit.history }).getByRole('listitem').first();
  const text = async () => (await newest.innerText()).replace(/\s+/g, ' ');
  await expect.poll(text).toContain('李强');
  await expect.poll(text).toContain('逐年等量 5 % → 逐年等量 6 %');
  await context.close();
});

test('what lacks is said where the figure would stand, with the way to mend it', async () => {
  const { page, context } = await open('/target?node=north');
  const form = page.locator('form');
  // Per person without people: no division, and the way to the attributes.
  await form.getByLabel(zh.edit.indicator, { exact: true }).selectOption('electricity_per_person');
  await form.getByText(zh.edit.measuredNone('2025')).waitFor();
  await form.getByText(zh.lacks.no_attribute(zh.what.people ?? '')).waitFor();
  const mend = form.getByRole('link', { name: zh.mend.attributes });
  await expect.poll(() => mend.getAttribute('href')).toContain('/settings?node=north');
  // A year that no meter tells: it is stated, with its source.
  await form.getByLabel(zh.edit.indicator, { exact: true }).selectOption('electricity');
  await form.getByLabel(zh.edit.baseYear, { exact: true }).fill('2020');
  await form.getByText(zh.edit.measuredNone('2020')).waitFor();
  await form.getByRole('button', { name: zh.edit.useEntered }).click();
  await form.getByLabel(zh.edit.value('kWh')).fill('10000');
  await form.getByLabel(zh.edit.reduction, { exact: true }).fill('10');
  await form.getByLabel(forms.who, { exact: true }).fill('王敏');
  await page.getByRole('button', { name: zh.edit.save }).click();
  await expect
    .poll(() => form.getByLabel(zh.edit.source, { exact: true }).getAttribute('aria-invalid'))
    .toBe('true');
  await atFault(page);
  await form.getByLabel(zh.edit.source, { exact: true }).fill('2020 年统计年报');
  await page.getByRole('button', { name: zh.edit.save }).click();
  await page.waitForURL('**/targets?*');
  await settled(page);
  await page
    .getByText(/2020 年统计年报/)
    .first()
    .waitFor();
  await context.close();
});

/** A form that is not taken sends the focus to what is at fault a frame later; what is typed before goes astray. */
async function atFault(page: Page): Promise<void> {
  await expect
    .poll(() => page.evaluate(() => document.activeElement?.getAttribute('aria-invalid')))
    .toBe('true');
}

test('a plan is recorded with its filing', async () => {
  const { page, context } = await open('/targets?node=south');
  await page.getByRole('button', { name: zh.plan.create }).click();
  const plan = page.getByRole('region', { name: zh.plan.title('2026') });
  await plan.getByLabel(zh.plan.name, { exact: true }).fill('更换水泵');
  await plan.getByLabel(zh.plan.quantity, { exact: true }).fill('1200');
  await plan.getByLabel(zh.plan.filedDate, { exact: true }).fill('2026-02-20');
  await plan.getByLabel(forms.who, { exact: true }).fill('王敏');
  await plan.getByRole('button', { name: zh.plan.save }).click();
  await plan.getByText(zh.plan.both).waitFor();
  await atFault(page);
  await plan.getByLabel(zh.plan.filedNumber, { exact: true }).fill('备〔2026〕7 号');
  await plan.getByRole('button', { name: zh.plan.save }).click();
  await plan.getByText(zh.plan.filed('2026年2月20日', '备〔2026〕7 号')).waitFor();
  await plan.getByText('1,200 kWh').waitFor();
  await context.close();
});

const VIEWS = {
  'the targets': '/targets?node=town',
  'a node without one': '/targets?node=shed',
  'the form': '/target?node=town&target=town-electricity-2030',
  splitting: '/split?node=town&target=town-electricity-2030',
  'a target that is not there': '/target?node=town&target=nothing',
};

describe.each(['light', 'dark'] as const)('in %s', (theme) => {
  test.each(Object.entries(VIEWS))('%s can be read by everybody', async (_, path) => {
    const { page, context, faults } = await open(path, { theme });
    await expect.poll(() => violations(page)).toEqual([]);
    await expect.poll(() => misnamed(page)).toEqual([]);
    await expect.poll(() => mainWidth(page)).toBeGreaterThan(0.7);
    expect(faults).toEqual([]);
    await context.close();
  });
});

test.each(['zh', 'en'] as const)(
  'on a phone nothing is cut off, and a finger meets what it aims at: %s',
  async (language) => {
    for (const path of Object.values(VIEWS)) {
      const { page, context } = await open(path, { ...PHONE, touch: true, language });
      await expect.poll(async () => [path, await overflow(page)]).toEqual([path, 0]);
      await expect.poll(async () => [path, await cutOff(page)]).toEqual([path, []]);
      await expect.poll(async () => [path, await small(page)]).toEqual([path, []]);
      await context.close();
    }
  },
);

test('the overview tells the targets, and leads to them by keyboard', async () => {
  const { page, context } = await open('/overview?node=town&carrier=electricity', { language: 'en' });
  const card = page.getByRole('region', { name: en.glance.title });
  await card.getByText(en.verdicts.off_track).waitFor();
  const all = card.getByRole('link', { name: en.glance.all });
  await tabTo(page, all);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/targets?*');
  await page.getByRole('heading', { name: en.progress.title('2026', en.indicators.electricity) }).waitFor();
  await context.close();
});
