import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zh as buildingZh } from '../../web/src/lib/i18n/building.zh.ts';
import { zh as intakeZh } from '../../web/src/lib/i18n/intake.zh.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { violations } from './axe.ts';
import { launchBrowser, PHONE, type TestBrowser } from './browser.ts';
import { demoServer, type EstateServer, emptyServer, publish, ZONE } from './estate.ts';
import { cutOff, mainWidth, misnamed, overflow, settled, small } from './page.ts';

/** Every view, each with figures, gaps and quarantine in it, as readers, phones and dark screens meet it. */
const AT = Date.parse('2026-11-21T01:30:00+08:00');
const FROM = ZONE.shift(ZONE.startOf('day', AT), 'day', -40);

const VIEWS = {
  overview: '/overview?node=centre&carrier=electricity&period=2026-11',
  'overview of a day of water': '/overview?node=gov&carrier=water&period=2026-11-19',
  building: '/building?node=gov&carrier=electricity&period=2026-11',
  meters: '/meters?node=centre',
  'a meter with a gap': '/meter?meter=gov-f8-ac&node=gov-f8&period=2026-11',
  balance: '/balance?node=centre&carrier=electricity&period=2026-10',
  'a figure opened to its ground':
    '/overview?node=gov&carrier=water&period=2026-11-19&ground=node*gov*electricity*2026-11-01*2026-12-01',
  health: '/health',
  people: '/people',
  'credentials of devices': '/devices?node=centre',
  'the audit trail': '/audit',
  'the first steps': '/start',
  'a node that is not there': '/overview?node=nowhere',
  'a page that is not there': '/nowhere',
};

let server: EstateServer;
let empty: EstateServer;
let browser: TestBrowser;

beforeAll(async () => {
  browser = await launchBrowser();
  empty = await emptyServer(AT);
  server = await demoServer(FROM, AT);
  const readings = (list: object[]): string => JSON.stringify({ readings: list });
  await publish(server.broker, [
    {
      topic: 'gateways/e2e/readings',
      payload: readings([{ meter: 'nobody', time: ZONE.iso(AT), value: 1 }]),
    },
    { topic: 'gateways/e2e/readings', payload: '{"readings":[{"meter":"gov-main","ti' },
  ]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([server?.stop(), empty?.stop()]);
});

const places = (): [string, EstateServer, string][] => [
  ...Object.entries(VIEWS).map(([name, path]): [string, EstateServer, string] => [name, server, path]),
  ['the empty estate', empty, '/'],
];

describe.each(['light', 'dark'] as const)('in %s', (theme) => {
  test.each([...Object.keys(VIEWS), 'the empty estate'])('%s can be read by everybody', async (name) => {
    const [, at, path] = places().find(([n]) => n === name)!;
    const { page, context, faults } = await browser.open({ url: at.url, theme });
    await page.goto(path);
    await settled(page);
    await expect.poll(() => mainWidth(page)).toBeGreaterThan(0.7);
    await expect.poll(() => violations(page)).toEqual([]);
    await expect.poll(() => misnamed(page)).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });
});

test('tables, menus and dialogs can be read by everybody', async () => {
  const { page, context } = await browser.open({ url: server.url });
  await page.goto(VIEWS.overview);
  await settled(page);
  await page.getByRole('figure').first().getByRole('button', { name: zh.chart.table }).click();
  await page.getByRole('figure').first().getByRole('table').waitFor();
  await expect.poll(() => violations(page)).toEqual([]);
  await page.getByRole('button', { name: zh.app.menu }).click();
  await page.getByRole('menu').waitFor();
  await expect.poll(() => violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByTestId('period-label').click();
  await page.getByRole('dialog').waitFor();
  await expect.poll(() => violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.goto('/health');
  await settled(page);
  await page
    .getByRole('button', { name: intakeZh.health.showOf(intakeZh.reasons.unknown_meter.name) })
    .click();
  await page.getByTestId('quarantine-items').waitFor();
  await expect.poll(() => violations(page)).toEqual([]);
  await context.close();
});

describe('on a phone', () => {
  test.each([...Object.keys(VIEWS), 'the empty estate'])(
    '%s does not reach beyond the screen, and a finger meets what it aims at',
    async (name) => {
      const [, at, path] = places().find(([n]) => n === name)!;
      const { page, context } = await browser.open({ url: at.url, touch: true, ...PHONE });
      await page.goto(path);
      await settled(page);
      await expect.poll(() => overflow(page)).toBe(0);
      await expect.poll(() => cutOff(page)).toEqual([]);
      await expect.poll(() => small(page)).toEqual([]);
      await expect.poll(() => mainWidth(page)).toBe(1);
      await context.close();
    },
  );

  test('English fits as well', async () => {
    const { page, context } = await browser.open({ url: server.url, touch: true, language: 'en', ...PHONE });
    for (const path of [VIEWS.overview, VIEWS.building, VIEWS.meters, VIEWS['a meter with a gap']]) {
      await page.goto(path);
      await settled(page);
      await expect.poll(() => overflow(page)).toBe(0);
      await expect.poll(() => cutOff(page)).toEqual([]);
    }
    await context.close();
  });

  test('the first figure stands on the first screen, whatever leads to it', async () => {
    const { page, context } = await browser.open({ url: server.url, touch: true, ...PHONE });
    // What the bar of the browser leaves of a phone, and above the bar of the page.
    await page.setViewportSize({ ...PHONE, height: 664 });
    for (const path of [VIEWS.overview, VIEWS.building, VIEWS.balance]) {
      await page.goto(path);
      await settled(page);
      const bar = (await page.locator('nav.bar').boundingBox())?.y ?? 0;
      expect(bar, path).toBeGreaterThan(500);
      // Its head and the beginning of what it shows.
      await expect
        .poll(async () => (await page.locator('main .card').first().boundingBox())?.y, { message: path })
        .toBeLessThan(bar - 90);
    }
    // The kinds of period are one field there, and by keyboard too it leads on.
    const kind = page.getByRole('combobox', { name: zh.period.kind });
    await kind.selectOption({ label: zh.period.kinds.year });
    await page.waitForURL(/period=2026(&|$)/);
    await expect.poll(() => kind.inputValue()).toBe('year');
    await context.close();
  });

  test('the tree is a drawer that closes when a node is chosen', async () => {
    const { page, context } = await browser.open({ url: server.url, touch: true, ...PHONE });
    await page.goto(VIEWS.overview);
    await settled(page);
    await page.getByRole('button', { name: zh.tree.show }).tap();
    const drawer = page.getByRole('dialog', { name: zh.tree.label });
    await drawer.getByRole('treeitem', { name: '办公主楼' }).tap();
    await page.waitForURL('**/overview?node=gov&**');
    await drawer.waitFor({ state: 'detached' });
    await expect.poll(() => overflow(page)).toBe(0);
    await context.close();
  });
});

test('what waits for a person is said at the top of every page', async () => {
  const { page, context } = await browser.open({ url: server.url });
  await page.goto(VIEWS.overview);
  await settled(page);
  const badge = page.getByTestId('health-badge');
  // One packet of an unknown meter, one broken; two exchanges that nobody recorded.
  await expect.poll(() => badge.innerText()).toContain(zh.health.waiting('4'));
  await badge.click();
  await page.waitForURL('**/health?*');
  await context.close();
});

test('dates are those of the estate, wherever the browser is', async () => {
  // 1.30 in Shanghai is still 18.30 of the day before in Berlin, and the browser's clock is another one.
  const { page, context } = await browser.open({ url: server.url, at: Date.parse('2026-11-25T12:00:00Z') });
  await expect
    .poll(() => page.evaluate(() => Intl.DateTimeFormat().resolvedOptions().timeZone))
    .toBe('Europe/Berlin');
  await page.goto('/building?node=gov&carrier=electricity');
  await settled(page);
  await expect.poll(() => new URL(page.url()).searchParams.get('period')).toBe('2026-11');
  const title = buildingZh.day(zh.uses.electricity, '2026年11月21日');
  await page.getByRole('heading', { name: title }).waitFor();
  await context.close();
});

test('what is not there is said, with the way back', async () => {
  const { page, context } = await browser.open({ url: server.url });
  await page.goto('/overview?node=nowhere');
  await page.getByText(zh.problem.nodeMissing('nowhere')).waitFor();
  await page.getByRole('link', { name: zh.problem.home }).click();
  await page.waitForURL('**/overview?node=*');
  await settled(page);
  await page.goto('/nowhere');
  await page.getByText(zh.problem.pageMissing).first().waitFor();
  await page.goto('/meter?meter=nobody&node=gov');
  await page.getByText(zh.problem.meterMissing('nobody')).waitFor();
  await context.close();
});
