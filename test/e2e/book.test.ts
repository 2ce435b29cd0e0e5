import { Workbook } from '@cj-tech-master/excelts';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BookHistory, BookMonth } from '../../server/http/schemas/book.ts';
import { zh as words } from '../../web/src/lib/book/words.zh.ts';
import { zh as forms } from '../../web/src/lib/forms/words.zh.ts';
import { violations } from './axe.ts';
import { launchBrowser, PHONE, type TestBrowser } from './browser.ts';
import { type EstateServer, emptyServer, send, ZONE } from './estate.ts';
import { cutOff, misnamed, overflow, settled, small } from './page.ts';

/** The book of a bureau: typed through, pasted into, imported, refused, and its bill against the meter. */
const AT = Date.parse('2026-02-10T09:00:00+08:00');
const FIRST = Date.parse('2025-12-01T00:00:00+08:00');
const DAYS = 72;
/** kWh of a day. */
const KWH = 480;
const WHO = '李静';
const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';

const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [{ id: 'bureau', name: '市统计局', kind: 'institution' }],
  meters: [
    {
      id: 'main',
      name: '总表',
      node: 'bureau',
      carrier: 'electricity',
      unit: 'kWh',
      register: 'cumulative',
      interval_s: 86_400,
    },
  ],
};

let server: EstateServer;
let browser: TestBrowser;
const put = (path: string, body: object): Promise<string> =>
  send(server, 'PUT', `/api/v1${path}`, 'application/json', JSON.stringify(body));

beforeAll(async () => {
  browser = await launchBrowser();
  server = await emptyServer(AT);
  await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(ESTATE));
  const lines = Array.from(
    { length: DAYS },
    (_, i) => `main,${ZONE.iso(ZONE.shift(FIRST, 'day', i))},${i * KWH}`,
  );
  const csv = `meter,time,value\n${lines.join('\n')}\n`;
  await send(server, 'POST', '/api/v1/readings?name=history.csv', 'text/csv', csv);
  await put('/policy/vehicle/car-1', { body: { node: 'bureau', plate: '苏A·10001', fuel: 'gasoline' } });
  await put('/policy/vehicle/car-2', { body: { node: 'bureau', plate: '苏A·10002', fuel: 'gasoline' } });
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const cell = (page: Page, line: string, column: keyof typeof words.column) =>
  page.getByLabel(words.cell(line, words.column[column]), { exact: true });

async function book(month = '2026-01'): Promise<BookMonth> {
  const answer = await fetch(`${server.url}/api/v1/book?node=bureau&month=${month}`);
  return BookMonth.parse(await answer.json());
}

/** What a spreadsheet puts on the clipboard arrives at the cell that has the focus. */
async function paste(page: Page, text: string): Promise<void> {
  await page.evaluate((plain) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData('text/plain', plain);
    document.activeElement?.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }),
    );
  }, text);
}

test('an account is registered, a bill typed by keyboard, refused at its cell, mended, saved and explained', async () => {
  const { page, context, faults } = await browser.open({ url: server.url });
  await page.goto('/book?node=bureau&part=holders');
  await settled(page);
  await page.getByRole('button', { name: words.holders.addAccount }).click();
  const dialog = page.getByTestId('book-holder');
  await dialog.getByLabel(words.holders.name, { exact: true }).fill('高压');
  await dialog.getByLabel(words.holders.number, { exact: true }).fill('8800 1');
  await dialog.getByLabel(forms.who).fill(WHO);
  await dialog.getByRole('button', { name: forms.save }).click();
  await dialog.waitFor({ state: 'detached' });

  // The month that is over is the one to be entered.
  await page.getByRole('link', { name: words.tabs.month, exact: true }).click();
  await settled(page);
  await expect.poll(() => page.getByTestId('book-month').innerText()).toBe('2026年1月');
  const bill = '电 高压 8800 1';
  await cell(page, bill, 'quantity').focus();
  await page.keyboard.type('16,000');
  // To the right over the unit, which is a list, to the cost; then to its period.
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect
    .poll(() => cell(page, bill, 'cost').evaluate((el) => el === document.activeElement))
    .toBe(true);
  await page.keyboard.type('１１２００');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.type('2026/1/1');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.type('2025-12-31');
  await page.keyboard.press('Control+s');
  await page.getByText(words.faults.period_order ?? '').waitFor();
  await expect.poll(async () => (await book()).cost).toBeNull();
  await cell(page, bill, 'period_to').fill('一月底');
  await page.getByText(words.faults.bad_date ?? '').waitFor();
  await cell(page, bill, 'period_to').fill('2026-01-31');
  await page.getByRole('button', { name: words.save, exact: true }).click();
  await page.getByText(words.saved('1')).waitFor();
  const electricity = (await book()).rows.find((r) => r.carrier === 'electricity');
  // 31 days × 480 kWh are metered, whatever the bill says; 11,200 yuan ÷ 16,000 kWh.
  expect(electricity).toMatchObject({ quantity: 31 * KWH, cost: 11_200, origin: 'metered' });
  expect(electricity?.price).toBeCloseTo(0.7, 12);
  await expect.poll(() => page.getByTestId('finding').innerText()).toContain('11,200.00 元');

  // 14,880 − 16,000 kWh are −7.0 %.
  await page.getByRole('link', { name: words.tabs.bills }).click();
  await settled(page);
  const row = page.getByTestId('book-bills').locator('tbody tr');
  await expect.poll(() => row.innerText()).toContain('−7.0 %');
  await expect.poll(() => row.innerText()).toContain(words.bills.states.open);
  await page.getByRole('button', { name: words.bills.explain, exact: true }).click();
  const explanation = page.getByTestId('bill-explanation');
  await explanation.getByLabel(words.bills.text, { exact: true }).fill('供应单位估抄');
  await explanation.getByRole('button', { name: forms.save }).click();
  await explanation.waitFor({ state: 'detached' });
  await row.getByText(words.bills.states.explained).waitFor();
  expect(faults).toEqual([]);
  await context.close();
});

test('Enter and arrows go from line to line, Esc restores; a paste is shown with what it refuses', async () => {
  const { page, context, faults } = await browser.open({ url: server.url });
  await page.goto('/book?node=bureau&month=2026-01');
  await settled(page);
  const [one, two] = ['汽油 苏A·10001', '汽油 苏A·10002'];
  const isFocused = (line: string, column: keyof typeof words.column) =>
    cell(page, line, column).evaluate((el) => el === document.activeElement);
  await cell(page, one, 'quantity').focus();
  await page.keyboard.type('50');
  await page.keyboard.press('Enter');
  await expect.poll(() => isFocused(two, 'quantity')).toBe(true);
  await page.keyboard.press('ArrowUp');
  await expect.poll(() => isFocused(one, 'quantity')).toBe(true);
  await page.keyboard.press('Escape');
  await expect.poll(() => cell(page, one, 'quantity').inputValue()).toBe('');

  await paste(page, '120.5\tL\t950\n八十\tL\t600\n7\tL\t50\n');
  const preview = page.getByTestId('paste-preview');
  // Of the third row nothing is in the table.
  await preview.getByText('5 格').waitFor();
  await expect.poll(() => preview.innerText()).toContain('4 格');
  await expect.poll(() => preview.innerText()).toContain(words.faults.not_a_number);
  await expect.poll(() => preview.innerText()).toContain(words.paste.beyond);
  await preview.getByRole('button', { name: words.paste.fill }).click();
  await preview.waitFor({ state: 'detached' });
  await expect.poll(() => cell(page, one, 'quantity').inputValue()).toBe('120.5');
  await expect.poll(() => cell(page, two, 'quantity').inputValue()).toBe('');
  await expect.poll(() => cell(page, two, 'cost').inputValue()).toBe('600');
  await page.getByText(words.dirty('2')).waitFor();
  await page.getByLabel(words.by).fill(WHO);
  await page.getByRole('button', { name: words.save, exact: true }).click();
  await page.getByText(words.saved('2')).waitFor();
  const gasoline = (await book()).rows.find((r) => r.carrier === 'gasoline');
  expect(gasoline).toMatchObject({ quantity: 120.5, cost: 1_550, origin: 'booked' });

  // A photographed bill belongs to its line, and everything that was entered stands beside it.
  await page.getByRole('button', { name: /苏A·10001/ }).click();
  const sheet = page.getByTestId('book-line');
  await sheet.locator('input[type="file"]').setInputFiles({
    name: '加油小票.jpg',
    mimeType: 'image/jpeg',
    buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]),
  });
  await sheet.getByRole('link', { name: '加油小票.jpg' }).waitFor();
  await expect.poll(() => sheet.innerText()).toContain(`120.5 L`);
  await expect
    .poll(async () => (await book()).attachments)
    .toMatchObject([{ name: '加油小票.jpg', media_type: 'image/jpeg' }]);
  expect(faults).toEqual([]);
  await context.close();
});

test('a workbook is refused with its cells, and enters all of it once it is right', async () => {
  const { page, context, faults } = await browser.open({ url: server.url });
  const answer = await fetch(`${server.url}/api/v1/book/template?node=bureau&from=2025-12&to=2025-12`);
  const workbook = new Workbook();
  await workbook.xlsx.load(await answer.arrayBuffer());
  const sheet = workbook.getWorksheet('台账');
  if (!sheet) throw new Error('no sheet');
  const rowOf = (name: string): number => {
    for (let r = 4; r < 40; r++) if (sheet.getCell(r, 5).value === name) return r;
    throw new Error(`no line of ${name}`);
  };
  const row = rowOf('苏A·10002');
  sheet.getCell(row, 6).value = '吨';
  sheet.getCell(row, 7).value = 80;
  const file = async () => ({
    name: '台账.xlsx',
    mimeType: XLSX,
    buffer: Buffer.from(await workbook.xlsx.writeBuffer()),
  });

  await page.goto('/book?node=bureau&month=2025-12');
  await settled(page);
  await page.getByLabel(words.by).fill(WHO);
  const field = page.locator('main input[type="file"]');
  await field.setInputFiles(await file());
  const preview = page.getByTestId('import-preview');
  const refused = page.getByTestId('import-faults');
  await refused.waitFor();
  await expect
    .poll(() => refused.locator('tbody tr').allInnerTexts())
    .toEqual([`F${row}\t${words.faults.wrong_unit}`]);
  await preview.getByText(words.close, { exact: true }).click();
  await preview.waitFor({ state: 'detached' });
  await expect
    .poll(async () => (await book('2025-12')).rows.find((r) => r.carrier === 'gasoline')?.quantity)
    .toBeNull();

  sheet.getCell(row, 6).value = '升';
  await field.setInputFiles(await file());
  await preview.getByRole('button', { name: words.importConfirm }).click();
  await preview.waitFor({ state: 'detached' });
  await page.getByText(words.importDone('1')).waitFor();
  await expect
    .poll(async () => (await book('2025-12')).rows.find((r) => r.carrier === 'gasoline')?.quantity)
    .toBe(80);
  const history = await fetch(
    `${server.url}/api/v1/book/history?node=bureau&carrier=gasoline&vehicle=car-2&month=2025-12`,
  );
  expect(BookHistory.parse(await history.json()).records).toMatchObject([
    { quantity: 80, recorded_by: WHO, source: '台账.xlsx' },
  ]);
  expect(faults).toEqual([]);
  await context.close();
});

test.each([
  ['on a desk', {}],
  ['on a phone', { ...PHONE, touch: true }],
])('nothing is cut off, unnamed or too small %s', async (_, size) => {
  const { page, context } = await browser.open({ url: server.url, ...size });
  for (const part of ['month', 'year', 'bills', 'holders']) {
    await page.goto(`/book?node=bureau&part=${part}&month=2026-01`);
    await settled(page);
    await expect.poll(() => violations(page, { practices: true }), { message: part }).toEqual([]);
    await expect.poll(() => cutOff(page), { message: part }).toEqual([]);
    await expect.poll(() => overflow(page), { message: part }).toBe(0);
    await expect.poll(() => misnamed(page), { message: part }).toEqual([]);
    if ('touch' in size) await expect.poll(() => small(page), { message: part }).toEqual([]);
  }
  await context.close();
});
