import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Account, Health } from '../../server/http/schemas/health.ts';
import { zh as intakeZh } from '../../web/src/lib/i18n/intake.zh.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { launchBrowser, type OpenPage, type TestBrowser } from './browser.ts';
import { type EstateServer, emptyServer, publish, ZONE } from './estate.ts';
import { settled } from './page.ts';

/** From an empty directory to figures, and from a quarantined reading to a mended estate, in the page alone. */
const NOON = Date.parse('2026-11-20T12:00:00+08:00');
let server: EstateServer;
let browser: TestBrowser;
let opened: OpenPage;
let page: Page;
/** The estate file that the page offers. */
let sample: string;

beforeAll(async () => {
  browser = await launchBrowser();
  server = await emptyServer(NOON);
  opened = await browser.open({ url: server.url });
  page = opened.page;
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const yaml = (text: string): { name: string; mimeType: string; buffer: Buffer } => ({
  name: 'estate.yaml',
  mimeType: 'application/yaml',
  buffer: Buffer.from(text),
});

async function upload(text: string): Promise<void> {
  await page.getByLabel(intakeZh.start.file).setInputFiles(yaml(text));
  await page.getByRole('button', { name: intakeZh.start.upload }).click();
}

/** The four numbers as the page shows them. */
async function shownAccount(): Promise<Omit<Account, 'pending'>> {
  const of = async (term: string): Promise<number> => {
    const text = await page.getByTestId(`account-${term}`).textContent();
    return Number(text?.replaceAll(',', ''));
  };
  return {
    received: await of('received'),
    stored: await of('stored'),
    duplicate: await of('duplicate'),
    quarantined: await of('quarantined'),
  };
}

test('an empty estate leads to the first steps, over the whole width', async () => {
  await page.goto('/');
  await page.getByRole('heading', { level: 1, name: zh.views.start }).waitFor();
  await expect
    .poll(async () => (await page.getByRole('heading', { level: 1 }).boundingBox())?.width)
    .toBeGreaterThan(300);
  await expect
    .poll(() => page.getByRole('heading', { level: 2 }).allTextContents())
    .toEqual([
      expect.stringContaining(intakeZh.start.estateTitle),
      expect.stringContaining(intakeZh.start.gatewayTitle),
      expect.stringContaining(intakeZh.start.importTitle),
    ]);
  // Where a gateway is to send to is the address at which the broker listens.
  await page.getByText(server.broker, { exact: true }).waitFor();
});

test('the offered sample is an estate file; one with mistakes names each place and changes nothing', async () => {
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: intakeZh.start.sample }).click();
  sample = await readFile(await (await downloading).path(), 'utf8');

  await upload(sample.replace('parent: gov', 'parent: gone').replace('carrier: water', 'carrier: fire'));
  const faults = page.getByRole('alert').getByRole('listitem');
  await faults.first().waitFor();
  await expect
    .poll(() => faults.allTextContents())
    .toEqual([expect.stringContaining('nodes[1].parent'), expect.stringContaining('meters[2].carrier')]);
  const health = (await (await fetch(`${server.url}/api/v1/health`)).json()) as Health;
  expect(health.meters.total).toBe(0);
});

test('the estate is applied by uploading its file', async () => {
  await upload(sample);
  // 2 nodes and 3 meters.
  await page.getByText(intakeZh.start.applied('5', '0', '0')).waitFor();
  await page.getByRole('treeitem', { name: '示例单位' }).waitFor();
});

test('history comes in from a CSV file: 25 hours and one line of an unknown meter', async () => {
  const start = Date.parse('2026-11-19T00:00:00+08:00');
  const lines = Array.from(
    { length: 25 },
    (_, h) => `hall-main,${ZONE.iso(start + h * 3_600_000)},${1000 + h}`,
  );
  const csv = ['meter,time,value', ...lines, `nobody,${ZONE.iso(start)},1`, ''].join('\n');
  await page
    .getByLabel(intakeZh.start.importFile)
    .setInputFiles({ name: 'history.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
  await page.getByText(intakeZh.start.imported('26', '25', '0', '1')).waitFor();
});

test('a reading over MQTT is said to have arrived, and the figures are there', async () => {
  const payload = JSON.stringify({ time: ZONE.iso(NOON), value: 1030 });
  await publish(server.broker, [{ topic: 'meters/hall-main/readings', payload }]);
  // It arrived when it arrived, whatever time it bears.
  await page.getByText(intakeZh.start.arrived('').slice(0, 5)).waitFor();
  await page.getByRole('link', { name: intakeZh.start.open }).click();
  await page.goto('/overview?node=hall&carrier=electricity&period=2026-11-19');
  await settled(page);
  // 24 × 1 × multiplier 40
  await expect.poll(() => page.getByTestId('finding').textContent()).toContain(`${24 * 1 * 40} kWh`);
});

test('a reading of a meter that nobody registered waits, and comes in once the estate knows it', async () => {
  const payload = (meter: string, value: number): string =>
    JSON.stringify({ readings: [{ meter, time: ZONE.iso(NOON), value }] });
  await publish(server.broker, [
    { topic: 'gateways/gw-1/readings', payload: payload('hall-lift', 12.5) },
    { topic: 'gateways/gw-1/readings', payload: payload('hall-main', 1030) },
  ]);
  await page.goto('/health');
  await settled(page);
  // 25 + 1 stored, hall-main at noon again, nobody and hall-lift unknown.
  const before = { received: 29, stored: 26, duplicate: 1, quarantined: 2 };
  await expect.poll(shownAccount).toEqual(before);
  await page.getByText(intakeZh.health.balanced, { exact: true }).waitFor();
  const { name } = intakeZh.reasons.unknown_meter;
  await page.getByRole('button', { name: intakeZh.health.showOf(name) }).click();
  const items = page.getByTestId('quarantine-items').getByRole('listitem');
  await items.filter({ hasText: 'hall-lift' }).waitFor();
  await expect.poll(() => items.count()).toBe(2);

  await page.goto('/start');
  await upload(`${sample}  - id: hall-lift
    name: 电梯
    node: hall
    carrier: electricity
    item: "01C10"
    parent: hall-main
    register: cumulative
    unit: kWh
`);
  await page.getByText(intakeZh.start.applied('1', '0', '5')).waitFor();

  await page.goto('/health');
  await settled(page);
  await page.getByRole('button', { name: intakeZh.health.retryOf(name) }).click();
  await expect
    .poll(() => page.getByRole('status').allTextContents())
    .toContain(intakeZh.health.retried('2', '1', '0', '1'));
  await expect.poll(shownAccount).toEqual({ ...before, stored: 27, quarantined: 1 });
  expect(27 + 1 + 1).toBe(before.received);
  await page.getByText(intakeZh.health.balanced, { exact: true }).waitFor();

  await page.goto('/meter?meter=hall-lift');
  await settled(page);
  await expect.poll(() => page.getByTestId('finding').textContent()).toContain('12.50');
});

test('saw no error on the way', () => {
  expect(opened.faults).toEqual([]);
});
