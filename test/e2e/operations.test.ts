import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CODES, PARTS } from '../../server/operations/health.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { CURVE_NAMES } from '../../web/src/lib/operations/curves.ts';
import { zh as words } from '../../web/src/lib/operations/words.zh.ts';
import { hasInflux, InfluxServer } from '../support/influx.ts';
import { Relay } from '../support/relay.ts';
import { violations } from './axe.ts';
import { launchBrowser, type OpenPage, PHONE, type TestBrowser } from './browser.ts';
import { type EstateServer, emptyServer, type Packet, publish, send } from './estate.ts';
import { cutOff, misnamed, overflow, settled, small, tabTo } from './page.ts';

const ESTATE = {
  version: 1,
  nodes: [{ id: 'b', name: '办公楼', kind: 'building' }],
  meters: [{ id: 'm', name: '总表', node: 'b', carrier: 'electricity' }],
};
const HOUR = 3_600_000;
const READINGS = 1000;

/** A thousand readings that nobody has sent before; values without an end take the most room. */
function packet(no: number): Packet {
  const readings = Array.from({ length: READINGS }, (_, i) => ({
    meter: 'm',
    time: Date.parse('2026-01-01T00:00:00+08:00') + (no * READINGS + i) * 1000,
    value: (no * READINGS + i) / 3,
  }));
  return { topic: 'gateways/e2e/readings', payload: JSON.stringify({ readings }) };
}

/** What nobody can read; it lies in the journal's file until a person looks at it. */
const UNREADABLE: Packet = { topic: 'gateways/e2e/readings', payload: '?'.repeat(200_000) };

/** The server's clock goes on: what is shown is the last quarter of an hour. */
function ticking(server: EstateServer): () => void {
  const timer = setInterval(() => {
    server.clock.at = Date.now();
  }, 100);
  return () => clearInterval(timer);
}

const finding = (page: Page): Promise<string> => page.getByTestId('finding').innerText();
const stateOf = (page: Page, part: string): Promise<string | null> =>
  page.getByTestId(`part-${part}`).getAttribute('data-state');

let browser: TestBrowser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

describe('a server that is well', () => {
  let server: EstateServer;
  let still: () => void;
  beforeAll(async () => {
    server = await emptyServer(Date.now());
    still = ticking(server);
    await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(ESTATE));
    await publish(server.broker, [packet(0), UNREADABLE]);
  });
  afterAll(async () => {
    still?.();
    await server?.stop();
  });

  test('says so, is reached from the health page by keyboard, and every curve has its table', async () => {
    const { page, context, faults } = await browser.open({ url: server.url });
    await page.goto('/health?node=b');
    await settled(page);
    await tabTo(page, page.getByRole('link', { name: words.note.link }));
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: zh.views.operations }).waitFor();
    await settled(page);
    // What the store was asked for stands there in words.
    const kinds = page.getByRole('region', { name: words.tables.operations }).locator('tbody td:first-child');
    await kinds.getByText(words.kinds.write, { exact: true }).waitFor();
    const known: string[] = Object.values(words.kinds);
    expect((await kinds.allInnerTexts()).filter((kind) => !known.includes(kind))).toEqual([]);
    expect(await finding(page)).toMatch(/^一切正常/);
    for (const part of PARTS) expect(await stateOf(page, part)).toBe('ok');
    await page.getByText(words.alarms.none).waitFor();
    // A look at the server comes every 5 s; then the curves have points.
    const tabled = (name: string) => page.getByRole('button', { name: zh.chart.tableOf(name) });
    await tabled(words.curves.memory).waitFor();
    for (const name of CURVE_NAMES) {
      const figure = page.getByRole('figure', { name: words.curves[name], exact: true });
      await figure.waitFor();
      expect(await figure.getByRole('button', { name: zh.chart.tableOf(words.curves[name]) }).count()).toBe(
        1,
      );
    }
    await tabTo(page, tabled(words.curves.memory));
    await page.keyboard.press('Enter');
    const rows = page.getByRole('region', { name: words.curves.memory, exact: true }).getByRole('row');
    const before = await rows.count();
    // By itself, while the table is open.
    await expect.poll(() => rows.count()).toBeGreaterThan(before);
    const downloading = page.waitForEvent('download');
    await page.getByRole('button', { name: zh.chart.csvOf(words.curves.arrivals) }).click();
    const csv = await readFile(await (await downloading).path(), 'utf8');
    expect(csv).toContain(`${words.time},收到 (条/秒),入库 (条/秒),重复 (条/秒),隔离 (条/秒)`);
    await expect.poll(() => misnamed(page)).toEqual([]);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('is told apart from one that hangs, which is asked again', async () => {
    const { page, context } = await browser.open({ url: server.url });
    await page.clock.install();
    await page.goto('/operations');
    await settled(page);
    let asked = 0;
    await page.route('**/api/v1/operations', () => {
      asked++;
    });
    // Every 5 s a look; what hangs for 10 s is asked anew, and after 20 s nobody believes in it.
    await page.clock.runFor(6_000);
    await expect.poll(() => asked).toBe(1);
    await page.clock.runFor(11_000);
    await expect.poll(() => asked).toBeGreaterThan(1);
    await page.clock.runFor(8_000);
    await expect.poll(() => finding(page)).toMatch(/^服务器没有应答，以下是 \d\d:\d\d:\d\d 的情况/);
    await page.unroute('**/api/v1/operations');
    await page.clock.runFor(15_000);
    await expect.poll(() => finding(page)).toMatch(/^一切正常/);
    await context.close();
  });

  test.each(['light', 'dark'] as const)('can be read by everybody in %s', async (theme) => {
    const { page, context } = await browser.open({ url: server.url, theme });
    await page.goto('/operations');
    await settled(page);
    await expect.poll(() => violations(page)).toEqual([]);
    await context.close();
  });

  test.each(['zh', 'en'] as const)('fits a phone in %s', async (language) => {
    const { page, context } = await browser.open({ url: server.url, touch: true, language, ...PHONE });
    await page.goto('/operations');
    await settled(page);
    await expect.poll(() => overflow(page)).toBe(0);
    await expect.poll(() => cutOff(page)).toEqual([]);
    await expect.poll(() => small(page)).toEqual([]);
    await context.close();
  });
});

describe.skipIf(!hasInflux())('a server whose InfluxDB goes away', () => {
  const influx = new InfluxServer();
  let relay: Relay;
  let server: EstateServer;
  let still: () => void;
  let opened: OpenPage;
  let page: Page;

  beforeAll(async () => {
    await influx.start();
    relay = new Relay(influx.port);
    await relay.start();
    const more = { INFLUX_URL: relay.url, INFLUX_DATABASE: influx.database(), JOURNAL_MB: '4' };
    server = await emptyServer(Date.now(), more);
    still = ticking(server);
    await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(ESTATE));
    opened = await browser.open({ url: server.url });
    page = opened.page;
  });
  afterAll(async () => {
    await opened?.context.close();
    await server?.stop();
    still?.();
    relay?.stop();
    await influx.remove();
  });

  test('says what is wrong, since when and what to do, and that the journal fills', async () => {
    await page.goto('/operations?node=b');
    await settled(page);
    await expect.poll(() => finding(page)).toMatch(/^一切正常/);
    relay.set('cut');
    // 14 × 200 kB of the 4 MiB stay for good; readings fill the rest until the alarm.
    await publish(
      server.broker,
      Array.from({ length: 14 }, () => UNREADABLE),
    );
    const { journal } = server;
    for (let no = 0; journal.bytes < 0.85 * journal.limitBytes; no++)
      await publish(server.broker, [packet(no)]);
    await expect.poll(() => stateOf(page, 'timeseries')).toBe('failing');
    await expect.poll(() => stateOf(page, 'journal')).toBe('degraded');
    const text = await finding(page);
    expect(text).toMatch(/^有 \d 处异常，最要紧的是.+，从 \d\d:\d\d 起。/);
    expect(text).toContain(words.alarms.todo(words.todo.timeseries_unreached));
    const alarms = page.getByTestId('alarm');
    const said = (await alarms.allInnerTexts()).join('\n');
    for (const code of ['timeseries_unreached', 'journal_filling'] as const) {
      expect(said).toContain(CODES[code][0]);
      expect(said).toContain(words.todo[code]);
    }
    // The curve has come near to its limit, and what waits is told.
    const figure = page.getByRole('figure', { name: words.curves.journal, exact: true });
    await figure.getByText(words.limit('4.19 MB')).waitFor();
    expect(await stateOf(page, 'intake')).toBe('ok');
    await expect.poll(() => violations(page)).toEqual([]);
  });

  test('says when it is over, and what was', async () => {
    relay.set('through');
    await expect.poll(() => finding(page), { timeout: 180_000 }).toMatch(/^一切正常.*曾出现：/s);
    for (const part of ['timeseries', 'journal', 'ledger']) expect(await stateOf(page, part)).toBe('ok');
    expect(await page.getByTestId('alarm').count()).toBe(0);
    const over = (await page.getByTestId('alarm-over').allInnerTexts()).join('\n');
    for (const code of ['timeseries_unreached', 'journal_filling'] as const) {
      expect(over).toContain(CODES[code][0]);
    }
    // An hour later it is forgotten.
    still();
    server.clock.at = Date.now() + HOUR;
    await page.getByText(words.alarms.none).waitFor();
    still = ticking(server);
  });

  test('says that the server itself is away, and keeps showing what was', async () => {
    await server.stop();
    await expect.poll(() => finding(page)).toMatch(/^服务器没有应答，以下是 \d\d:\d\d:\d\d 的情况/);
    expect(await page.getByTestId('part-journal').count()).toBe(1);
    expect(opened.faults).toEqual([]);
  });
});
