import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Effect } from '../../server/http/schemas/ledger.ts';
import { zh as shell } from '../../web/src/lib/i18n/zh.ts';
import { zh } from '../../web/src/lib/ledger/words.zh.ts';
import { violations } from './axe.ts';
import { launchBrowser, type OpenPage, PHONE, type TestBrowser } from './browser.ts';
import { type EstateServer, emptyServer, send, ZONE } from './estate.ts';
import { overflow, settled, small, tabTo } from './page.ts';

/** From the health page to the meter whose exchange nobody wrote down, and on to the month that it corrects. */
const NOW = Date.parse('2026-11-20T12:00:00+08:00');
const HOUR = 3_600_000;
const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'gov', name: '行政中心', kind: 'institution' },
    { id: 'hall', name: '主楼', kind: 'building', parent: 'gov' },
  ],
  meters: [
    meterOf('hall-main', '总进线', { multiplier: 40 }),
    meterOf('hall-lift', '电梯', { parent: 'hall-main', max_rate: 10 }),
    meterOf('hall-lamp', '照明', { parent: 'hall-main' }),
  ],
};

function meterOf(id: string, name: string, more: object): object {
  return { id, name, node: 'hall', carrier: 'electricity', unit: 'kWh', interval_s: 3600, ...more };
}

/** One reading an hour, from the first hour to the last. */
function hourly(meter: string, from: string, to: string, value: (hour: number) => number): string[] {
  const start = Date.parse(`${from}+08:00`);
  const hours = (Date.parse(`${to}+08:00`) - start) / HOUR;
  return Array.from({ length: hours + 1 }, (_, h) => `${meter},${ZONE.iso(start + h * HOUR)},${value(h)}`);
}

/**
 * The main goes on by 1 an hour, × 40. On the 14th it was out of reach from 10 to 16 h; at 13 h it had been
 * exchanged, at 812,325 (13 days and 13 hours) for a device that began at 5,000.
 */
const HISTORY = [
  ...hourly('hall-main', '2026-11-01T00:00', '2026-11-14T10:00', (h) => 812_000 + h),
  ...hourly('hall-main', '2026-11-14T16:00', '2026-11-20T12:00', (h) => 5003 + h),
  // 1 kWh an hour; on the 10th, from 9 to 10 h, 50.
  ...hourly('hall-lift', '2026-11-01T00:00', '2026-11-20T12:00', (h) => 100 + h + (h > 9 * 24 + 9 ? 49 : 0)),
  // Out of service from the 5th, exchanged without a word: nothing is known of four days.
  ...hourly('hall-lamp', '2026-11-01T00:00', '2026-11-20T12:00', (h) => (h === 50 ? 0 : 700 + h)),
];
/** 19 days and 12 hours, all of them and without the six. */
const WHOLE = (19 * 24 + 12) * 40;
const KNOWN = WHOLE - 6 * 40;

let server: EstateServer;
let browser: TestBrowser;
let opened: OpenPage;
let page: Page;
let clicks = 0;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await emptyServer(NOW);
  await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(ESTATE));
  const csv = ['meter,time,value', ...HISTORY, ''].join('\n');
  await send(server, 'POST', '/api/v1/readings?name=history.csv', 'text/csv', csv);
  opened = await browser.open({ url: server.url });
  page = opened.page;
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
  expect(opened?.faults ?? []).toEqual([]);
});

const click = async (name: string, within = page.locator('body')): Promise<void> => {
  clicks++;
  await within.getByRole('button', { name, exact: true }).click();
};
const kwh = (value: number): string => `${value.toLocaleString('en-US')} kWh`;
const suspect = (name: string) => page.getByTestId('suspect').filter({ hasText: name });
const dialog = () => page.getByTestId('recording');
const field = (name: string) => dialog().getByRole('textbox', { name, exact: true });

describe('a new user', () => {
  test('finds the forgotten exchange on the health page, in words', async () => {
    await page.goto('/health');
    await settled(page);
    await suspect('总进线').waitFor();
    const words = async () => (await suspect('总进线').innerText()).replaceAll(/\s+/g, ' ');
    await expect.poll(words).toContain('主楼');
    await expect.poll(words).toContain('2026年11月14日 10:00 至 16:00');
    // 13 days and 10 hours after 812,000.
    await expect.poll(words).toContain('812,322');
    await expect.poll(words).toContain('5,003');
    await expect.poll(() => violations(page)).toEqual([]);
  });

  test('sees what the slip corrects before it is saved', async () => {
    await click(zh.findings.recordOf('总进线'));
    await field(zh.record.final).waitFor();
    // In the middle of the step, with the multiplier as it was.
    await expect.poll(() => dialog().getByLabel(zh.record.at).inputValue()).toBe('2026-11-14 13:00');
    await expect.poll(() => field(zh.record.multiplier).inputValue()).toBe('40');
    await field(zh.record.final).fill('812,325');
    await field(zh.record.initial).fill('5000');
    const month = dialog().getByTestId('effect-month');
    await month.filter({ hasText: kwh(WHOLE) }).waitFor();
    await expect
      .poll(async () => (await month.innerText()).split(/\s*\t\s*|\n/))
      .toEqual([
        '2026年11月',
        kwh(KNOWN),
        kwh(WHOLE),
        // 6 h × 1 × 40
        '+240 kWh',
      ]);
    await dialog().locator('canvas').nth(1).waitFor();
    await expect.poll(() => violations(page)).toEqual([]);
    // Nothing has been written down yet.
    await expect.poll(() => findings()).toContain('hall-main');
  });

  test('is told at the field what is missing, and what cannot be', async () => {
    await click(zh.record.save);
    await dialog().getByText(zh.record.needed).waitFor();
    await expect.poll(() => field(zh.record.who).evaluate((e) => e === document.activeElement)).toBe(true);
    clicks--;
    await field(zh.record.final).fill('-1');
    await dialog().getByText(zh.record.notNumber).waitFor();
    await field(zh.record.final).fill('812325');
    await dialog().getByLabel(zh.record.at).fill('2026-10-31 13:00');
    await dialog().getByLabel(zh.record.at).fill('2026年11月14日 13:00');
  });

  test('saves, and the page says which month was corrected by how much', async () => {
    await field(zh.record.who).fill('王工');
    await click(zh.record.save);
    await dialog().waitFor({ state: 'detached' });
    const saved = page.getByTestId('saved');
    await saved.waitFor();
    const words = () => saved.innerText();
    await expect.poll(words).toContain(zh.record.savedTitle.exchange);
    await expect.poll(words).toContain(kwh(WHOLE));
    await expect.poll(words).toContain('+240 kWh');
    await suspect('总进线').waitFor({ state: 'detached' });
    await suspect('电梯').waitFor();
    await expect.poll(() => findings()).not.toContain('hall-main');
  });

  test('sees the month corrected on the page of the meter and of the building', async () => {
    clicks++;
    await page.getByRole('link', { name: zh.record.see }).click();
    await page.waitForURL('**/meter?*meter=hall-main*');
    await settled(page);
    await expect.poll(() => new URL(page.url()).searchParams.get('period')).toBe('2026-11');
    const revision = page.getByTestId('revision').first();
    await revision.waitFor();
    const words = () => revision.innerText();
    await expect.poll(words).toContain(zh.revision.sources.exchange);
    await expect.poll(words).toContain('增加 240 kWh');
    await expect.poll(words).toContain('王工');
    await expect
      .poll(() => page.getByTestId('epoch').allInnerTexts())
      .toEqual([expect.any(String), expect.stringContaining('王工')]);
    // Opened, recorded, saved, looked at: three clicks and three fields.
    expect(clicks).toBeLessThanOrEqual(4);
    await page.goto('/overview?node=hall&carrier=electricity&period=2026-11');
    await settled(page);
    await expect.poll(() => page.getByTestId('finding').textContent()).toContain(kwh(WHOLE));
  });
});

describe("the reader's view", () => {
  test('leads from a figure of the page to its meters and on to two readings, and back', async () => {
    await page.goto('/overview?node=gov&carrier=electricity&period=2026-11');
    await settled(page);
    const figure = page.locator('main .figure-link').first();
    await figure.focus();
    await page.keyboard.press('Enter');
    const sheet = page.getByTestId('ground');
    await sheet.getByTestId('part').first().waitFor();
    await expect.poll(() => sheet.getByTestId('ground-figure').innerText()).toBe(kwh(WHOLE));
    await expect.poll(() => violations(page)).toEqual([]);
    await sheet.getByTestId('part').first().getByRole('link').click();
    await sheet.getByTestId('piece').first().waitFor();
    await expect
      .poll(() => sheet.getByTestId('ground-line').allInnerTexts())
      .toEqual([
        `码值 812,000 → 812,325，倍率 40 → ${kwh(325 * 40)}`,
        // 6 days and 23 hours: the 14th from 13 h to the 20th, 12 h.
        `码值 5,000 → 5,143，倍率 40 → ${kwh(143 * 40)}`,
      ]);
    // The hours out of reach are recovered, up to the exchange and from it on.
    const kinds = () =>
      sheet.getByTestId('piece').evaluateAll((all) => all.map((e) => e.getAttribute('data-kind')));
    await expect
      .poll(async () => (await kinds()).filter((k) => k !== 'unknown'))
      .toEqual(['measured', 'recovered', 'recovered', 'measured']);
    await expect.poll(() => violations(page)).toEqual([]);
    // What stands open is in the address, and the way back is the browser's.
    const address = page.url();
    await page.goBack();
    await sheet.getByTestId('part').first().waitFor();
    await page.goBack();
    await sheet.waitFor({ state: 'detached' });
    await page.goto(address);
    await sheet.getByTestId('piece').first().waitFor();
    await page.keyboard.press('Escape');
    await sheet.waitFor({ state: 'detached' });
    await expect.poll(() => new URL(page.url()).searchParams.has('ground')).toBe(false);
  });

  test('says of a false zero why it does not count', async () => {
    await page.goto('/meter?meter=hall-lamp&node=hall&period=2026-11');
    await settled(page);
    await page.getByRole('button', { name: zh.readings.onlyOdd }).click();
    const odd = page.getByTestId('odd-reading');
    await odd.first().waitFor();
    await expect.poll(() => odd.count()).toBe(1);
    const words = () => odd.innerText();
    await expect.poll(words).toContain(zh.verdicts.false_zero);
    await expect.poll(words).toContain(zh.judged.false_zero('0', zh.neighbours('749', '751')));
    await expect.poll(() => violations(page)).toEqual([]);
  });
});

test('a step up is confirmed as real use by the keyboard alone, and is counted', async () => {
  await page.goto('/health');
  await settled(page);
  await tabTo(page, suspect('电梯').getByRole('button', { name: zh.findings.realOf('电梯') }));
  await page.keyboard.press('Enter');
  await dialog().waitFor();
  // The first field has the focus: a tenth above the step.
  await expect
    .poll(() => field(zh.record.ceilingField('kWh')).evaluate((e) => e === document.activeElement))
    .toBe(true);
  await expect.poll(() => field(zh.record.ceilingField('kWh')).inputValue()).toBe('55');
  await dialog().getByTestId('effect-month').filter({ hasText: '+50' }).waitFor();
  await page.keyboard.press('Escape');
  await dialog().waitFor({ state: 'detached' });
  const back = suspect('电梯').getByRole('button', { name: zh.findings.realOf('电梯') });
  await expect.poll(() => back.evaluate((e) => e === document.activeElement)).toBe(true);
  await page.keyboard.press('Enter');
  await tabTo(page, field(zh.record.who));
  // Whoever wrote something down before is remembered.
  await expect.poll(() => field(zh.record.who).inputValue()).toBe('王工');
  await page.keyboard.press('Enter');
  await page.getByTestId('saved').waitFor();
  await suspect('电梯').waitFor({ state: 'detached' });
  await page.getByText(zh.findings.none).waitFor();
});

test('a register read by eye and an estimate are entered, marked, and withdrawn', async () => {
  await page.goto('/meter?meter=hall-lamp&node=hall&period=2026-10');
  await settled(page);
  await page.getByTestId('statements').getByRole('button', { name: zh.record.estimate }).click();
  await dialog().getByLabel(zh.record.from, { exact: true }).fill('2026-10-30 00:00');
  await dialog().getByLabel(zh.record.to, { exact: true }).fill('2026-10-31 00:00');
  await field(zh.record.quantity('kWh')).fill('24');
  await field(zh.record.estimateReason).fill('按下周同日');
  await dialog().getByTestId('effect-month').filter({ hasText: '24 kWh' }).waitFor();
  await dialog().getByRole('button', { name: zh.record.save }).click();
  const statement = page.getByTestId('statement');
  await statement.waitFor();
  await expect.poll(() => statement.innerText()).toContain('按下周同日');
  await statement.getByRole('button').click();
  await field(zh.record.reason).fill('填错了表');
  await dialog().getByRole('button', { name: zh.record.saveWithdraw }).click();
  await statement.getByText('填错了表').waitFor();
  const { revisions } = JSON.parse(await text('/api/v1/revisions?meter=hall-lamp')) as {
    revisions: { before: number | null; after: number | null }[];
  };
  expect(revisions.map((r) => [r.before, r.after])).toEqual([
    [24, null],
    [null, 24],
  ]);
});

test('an exchange that was recorded wrongly is taken back, after a look at what that does', async () => {
  await page.goto('/meter?meter=hall-main&node=hall&period=2026-11');
  await settled(page);
  await page
    .getByTestId('epochs')
    .getByRole('button', { name: zh.epochs.removeOf('2026年11月14日 13:00') })
    .click();
  await dialog().getByTestId('effect-month').filter({ hasText: '−240 kWh' }).waitFor();
  await dialog().getByRole('button', { name: zh.record.saveRemove }).click();
  await page.getByTestId('saved').waitFor();
  await page.getByTestId('suspect').waitFor();
  // The history of devices is read anew beside the suspects: it may come a moment after them.
  await page.getByTestId('epoch').nth(1).waitFor({ state: 'detached' });
  await expect.poll(() => page.getByTestId('epoch').count()).toBe(1);
  const path = '/api/v1/meters/hall-main/exchanges?preview=true';
  const body = JSON.stringify({ at: '2026-11-14T13:00', final: 812_325, initial: 5000 });
  const effect = JSON.parse(await send(server, 'POST', path, 'application/json', body)) as Effect;
  expect([effect.before, effect.after]).toEqual([KNOWN, WHOLE]);
});

describe('mains and what is below them', () => {
  test('are held against each other, the worst first, and open', async () => {
    await page.goto('/meters?node=gov');
    await settled(page);
    await page.getByRole('link', { name: shell.views.balance }).click();
    await page.waitForURL('**/balance?*');
    await settled(page);
    const main = page.getByTestId('main');
    await expect.poll(() => main.count()).toBe(1);
    await expect.poll(() => main.getAttribute('data-state')).toBe('gap');
    await expect.poll(() => main.innerText()).toContain(zh.balance.states.gap);
    await expect.poll(() => page.getByTestId('child').count()).toBe(2);
    await expect.poll(() => violations(page)).toEqual([]);
  });
});

describe('on a phone', () => {
  test('the dialog and the sheet fill the screen and hold nothing that a finger misses', async () => {
    const { page: phone, context } = await browser.open({ url: server.url, touch: true, ...PHONE });
    await phone.goto('/health');
    await settled(phone);
    await expect.poll(() => overflow(phone)).toBe(0);
    await phone.getByRole('button', { name: zh.findings.recordOf('总进线') }).tap();
    const sheet = phone.getByTestId('recording');
    await sheet.locator('canvas').first().waitFor();
    await expect.poll(() => sheet.boundingBox()).toEqual({ x: 0, y: 0, ...PHONE });
    await expect.poll(() => overflow(phone)).toBe(0);
    await expect.poll(() => small(phone, '[data-testid="recording"]')).toEqual([]);
    await phone.goto(
      '/overview?node=hall&carrier=electricity&period=2026-11&ground=meter*hall-main**2026-11-01*2026-12-01',
    );
    await phone.getByTestId('piece').first().waitFor();
    await expect.poll(() => overflow(phone)).toBe(0);
    await expect.poll(() => small(phone, '[data-testid="ground"]')).toEqual([]);
    await context.close();
  });
});

test('English is complete in the dialog, the sheet and the balance', async () => {
  const {
    page: english,
    context,
    faults,
  } = await browser.open({ url: server.url, language: 'en', theme: 'dark' });
  await english.goto('/health?ground=meter*hall-main**2026-11-01*2026-12-01');
  await english.getByTestId('piece').first().waitFor();
  await english.getByTestId('ground').getByRole('button', { name: 'Record exchange' }).click();
  await english.getByTestId('recording').getByLabel('Time of the exchange').waitFor();
  const cjk = /[\u2e80-\u9fff]/;
  // Names come from the estate.
  const words = (await english.getByTestId('recording').innerText()).replaceAll(/总进线|主楼/g, '');
  expect(cjk.test(words)).toBe(false);
  await english.keyboard.press('Escape');
  await english.getByTestId('recording').waitFor({ state: 'detached' });
  // The sheet below is still open.
  await english.getByTestId('ground').waitFor();
  await expect.poll(() => violations(english)).toEqual([]);
  expect(faults).toEqual([]);
  await context.close();
});

async function text(path: string): Promise<string> {
  const response = await fetch(`${server.url}${path}`);
  expect(response.status).toBe(200);
  return response.text();
}

async function findings(): Promise<string[]> {
  const { suspects } = JSON.parse(await text('/api/v1/findings')) as { suspects: { meter: string }[] };
  return suspects.map((s) => s.meter);
}
