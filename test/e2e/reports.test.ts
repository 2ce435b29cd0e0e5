import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { zh as forms } from '../../web/src/lib/forms/words.zh.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { zh as ledger } from '../../web/src/lib/ledger/words.zh.ts';
import { zh as words } from '../../web/src/lib/reports/words.zh.ts';
import { zh as settings } from '../../web/src/lib/settings/words.zh.ts';
import { violations } from './axe.ts';
import { launchBrowser, PHONE, type TestBrowser } from './browser.ts';
import { type EstateServer, emptyServer, send, ZONE } from './estate.ts';
import { cutOff, misnamed, overflow, settled, small } from './page.ts';

/** October of an institution: its people are fewer, its area was mistyped, its water meter did not report. */
const AT = Date.parse('2026-11-03T09:00:00+08:00');
const FIRST = Date.parse('2025-08-01T00:00:00+08:00');
const DAYS = 459;
const DAY_MS = 86_400_000;
/** The day from which the water meter is silent. */
const SILENT = Date.parse('2026-10-01T00:00:00+08:00');
const MANAGER = '李静';
const BUREAU = '周敏';
const REPORT = '/report?node=bureau&form=monthly&period=2026-10';
const ID = 'bureau:monthly:2026-10';

const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'city', name: '安澜市', kind: 'region' },
    {
      id: 'bureau',
      name: '市统计局',
      kind: 'institution',
      parent: 'city',
      attributes: {
        people: [
          { from: '2025-01-01', value: 300 },
          { from: '2026-10-01', value: 240 },
        ],
        floor_area_m2: [
          { from: '2025-01-01', value: 12_000 },
          { from: '2026-10-01', value: 21_000 },
        ],
      },
    },
    { id: 'school', name: '市一中', kind: 'institution', parent: 'city' },
  ],
  meters: [
    meter('bureau-main', 'electricity', 'kWh'),
    meter('bureau-water', 'water', 'm³'),
    { ...meter('school-main', 'electricity', 'kWh'), node: 'school' },
  ],
};

function meter(id: string, carrier: string, unit: string): object {
  return {
    id,
    name: id,
    node: 'bureau',
    carrier,
    unit,
    register: 'cumulative',
    multiplier: 1,
    interval_s: 86_400,
  };
}

let server: EstateServer;
let browser: TestBrowser;

const water = (from: number, to: number): string[] =>
  days()
    .filter(({ at }) => at >= from && at < to)
    .map(({ at }) => `bureau-water,${ZONE.iso(at)},${waterRegister(at)}`);
/** What the water meter shows. */
const waterRegister = (at: number): number => 50 + Math.round((at - FIRST) / DAY_MS) * 6;
const days = (): { i: number; at: number }[] =>
  Array.from({ length: DAYS }, (_, i) => ({ i, at: ZONE.shift(FIRST, 'day', i) }));
const importing = (lines: string[]): Promise<string> =>
  send(
    server,
    'POST',
    '/api/v1/readings?name=history.csv',
    'text/csv',
    `meter,time,value\n${lines.join('\n')}\n`,
  );

beforeAll(async () => {
  browser = await launchBrowser();
  server = await emptyServer(AT);
  await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(ESTATE));
  const power = days().flatMap(({ i, at }) => [
    `bureau-main,${ZONE.iso(at)},${1000 + i * 480}`,
    `school-main,${ZONE.iso(at)},${i * 900}`,
  ]);
  await importing([...power, ...water(FIRST, SILENT)]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const finding = (page: Page): Promise<string> => page.getByTestId('finding').innerText();
const check = (page: Page, id: string) => page.locator(`[data-check="${id}"]`);
/** Checks that are neither mended nor explained, by their ids. */
const unsettled = async (page: Page): Promise<(string | null)[]> => {
  const ids = await page
    .locator('[data-check].must')
    .evaluateAll((all) => all.map((li) => li.getAttribute('data-check')));
  return ids.sort();
};
const actions = (page: Page) => page.getByTestId('filing-actions');

/** Takes a step through its dialog. */
async function step(page: Page, action: keyof typeof words.actions, by: string, remark = ''): Promise<void> {
  await actions(page).getByRole('button', { name: words.actions[action], exact: true }).click();
  const dialog = page.getByTestId('filing-step');
  if (remark) await dialog.getByLabel(words.step.remark).fill(remark);
  await dialog.getByLabel(words.step.who).fill(by);
  await dialog.getByRole('button', { name: words.actions[action], exact: true }).click();
  await dialog.waitFor({ state: 'detached' });
}

/** Explains a check; whoever wrote something down before is remembered. */
async function explain(page: Page, id: string, text: string): Promise<void> {
  await check(page, id).getByRole('button', { name: words.checks.explain }).click();
  const dialog = page.getByTestId('check-explanation');
  await dialog.getByLabel(words.checks.text).fill(text);
  await dialog.getByRole('button', { name: forms.save }).click();
  await dialog.waitFor({ state: 'detached' });
  await check(page, id).getByText(text).waitFor();
}

describe('a month is filed', () => {
  test('from its checks to its publication and its download', async () => {
    const { page, faults, context } = await browser.open({ url: server.url });
    await page.goto('/reports?node=bureau');
    await settled(page);
    // 7 days are left until 10 November.
    await page.getByRole('link', { name: '2026年10月月报' }).first().click();
    await settled(page);
    await expect.poll(() => finding(page)).toContain('还有 7 天');
    await expect.poll(() => finding(page)).toContain('3 项审核');
    await expect
      .poll(() => unsettled(page))
      .toEqual(['area_changed', 'missing_carrier:water', 'people_changed']);
    const submit = actions(page).getByRole('button', { name: words.actions.submit });
    await expect.poll(() => submit.isDisabled()).toBe(true);

    // One is true, and is explained.
    await check(page, 'people_changed').getByRole('button', { name: words.checks.explain }).click();
    const dialog = page.getByTestId('check-explanation');
    await dialog.getByRole('button', { name: forms.save }).click();
    await expect.poll(() => dialog.getByText(forms.needed).count()).toBe(2);
    await dialog.getByLabel(words.checks.text).fill('一个科室 9 月底迁出');
    await dialog.getByLabel(forms.who).fill(MANAGER);
    await dialog.getByRole('button', { name: forms.save }).click();
    await dialog.waitFor({ state: 'detached' });
    await check(page, 'people_changed').getByText('一个科室 9 月底迁出').waitFor();

    // One is a slip of the pen: the check leads to where it was typed.
    await check(page, 'area_changed').getByRole('link', { name: words.checks.mend }).click();
    await page.waitForURL(/\/settings\?.*node=bureau/);
    await settled(page);
    await expect.poll(() => page.locator('main').innerText()).toContain('21,000');
    const mistyped = settings.attributes.showOf('建筑面积');
    await page.getByRole('button', { name: mistyped }).click();
    const removeIt = settings.attributes.removeOf('建筑面积', '2026年10月1日');
    await page.getByRole('button', { name: removeIt }).click();
    const setting = page.getByTestId('setting');
    await setting.getByLabel(forms.who).fill(MANAGER);
    await setting.getByRole('button', { name: forms.save }).click();
    await setting.waitFor({ state: 'detached' });
    await page.locator('[data-attribute="floor_area_m2"]').getByText('12,000').first().waitFor();
    await page.goBack();
    await settled(page);
    await check(page, 'area_changed').waitFor({ state: 'detached' });

    // One is a gateway that was silent: the check leads to its meter, which was read by eye at the month's end.
    await check(page, 'missing_carrier:water').getByRole('link', { name: words.checks.mend }).click();
    await page.waitForURL(/\/building\?.*carrier=water/);
    await settled(page);
    await page.getByRole('link', { name: 'bureau-water' }).first().click();
    await page.waitForURL(/\/meter\?.*meter=bureau-water/);
    await settled(page);
    await page.getByTestId('statements').getByRole('button', { name: ledger.record.manual }).click();
    const recording = page.getByTestId('recording');
    await recording.getByLabel(ledger.record.time, { exact: true }).fill('2026-11-01 00:00');
    const register = waterRegister(Date.parse('2026-11-01T00:00:00+08:00'));
    await recording.getByRole('textbox', { name: ledger.record.value, exact: true }).fill(String(register));
    await recording
      .getByRole('textbox', { name: ledger.record.reason, exact: true })
      .fill('网关停电，现场抄表');
    await recording.getByTestId('effect-month').first().waitFor();
    await recording.getByRole('button', { name: ledger.record.save }).click();
    await recording.waitFor({ state: 'detached' });
    await page.goto(REPORT);
    await settled(page);
    // Its total is known now, its days are not: that is said in the report.
    await expect.poll(() => unsettled(page)).toEqual(['completeness:water']);
    await explain(page, 'completeness:water', '网关停电，月末抄表补录');
    await expect.poll(() => unsettled(page)).toEqual([]);
    await expect.poll(() => finding(page)).toContain('可以报送');

    await step(page, 'submit', MANAGER);
    await page.getByText(words.states.submitted).first().waitFor();
    await expect.poll(() => finding(page)).toContain('等待审核');

    // The bureau returns it; a return without remarks is none.
    await actions(page).getByRole('button', { name: words.actions.return }).click();
    const returning = page.getByTestId('filing-step');
    await returning.getByLabel(words.step.who).fill(BUREAU);
    await returning.getByRole('button', { name: words.actions.return }).click();
    await expect.poll(() => returning.getByText(forms.needed).count()).toBe(1);
    await page.keyboard.press('Escape');
    await step(page, 'return', BUREAU, '请写明搬迁的科室');
    await page.getByTestId('finding').getByText('请写明搬迁的科室').waitFor();

    await check(page, 'people_changed').getByRole('button', { name: words.checks.change }).click();
    await dialog.getByLabel(words.checks.text).fill('统计执法科 9 月底迁出');
    await dialog.getByRole('button', { name: forms.save }).click();
    await dialog.waitFor({ state: 'detached' });
    await step(page, 'submit', MANAGER);
    await step(page, 'accept', BUREAU);
    await step(page, 'publish', BUREAU);
    await page.getByText(words.states.published).first().waitFor();
    await expect.poll(() => actions(page).getByRole('button').count()).toBe(0);
    await settled(page);
    await expect.poll(() => page.locator('main').innerText()).toContain(words.revision.none);

    // What was filed is what is shown and downloaded.
    const paper = page.frameLocator('iframe');
    await paper.getByText('统计执法科 9 月底迁出').first().waitFor();
    await paper.getByText(MANAGER).first().waitFor();
    const link = page.getByRole('link', { name: words.document.wordOf(words.kinds.monthly) });
    const coming = page.waitForEvent('download');
    await link.click();
    const bytes = readFileSync(await (await coming).path());
    expect(bytes.subarray(0, 2).toString()).toBe('PK');
    // Without a locale this browser keeps no name that is not ASCII; the server names the file all the same.
    const answer = await fetch(new URL((await link.getAttribute('href')) ?? '', server.url));
    expect(answer.headers.get('content-disposition')).toContain(encodeURIComponent('市统计局2026年10月'));
    await expect.poll(() => page.locator('code').innerText()).toMatch(/^[0-9a-f]{64}$/);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a late change is listed figure by figure, and what was filed stays', async () => {
    const { page, faults, context } = await browser.open({ url: server.url });
    const people = {
      values: [
        { from: '2025-01-01', value: 300 },
        { from: '2026-10-01', value: 250 },
      ],
      recorded_by: '赵强',
    };
    server.clock.at += 3_600_000;
    await send(
      server,
      'PUT',
      '/api/v1/nodes/bureau/attributes/people',
      'application/json',
      JSON.stringify(people),
    );
    await page.goto(REPORT);
    await settled(page);
    await page.getByTestId('revision').waitFor();
    const revision = () => page.locator('figure', { has: page.getByTestId('revision') }).innerText();
    await expect.poll(revision).toContain(words.revision.changes.node);
    await expect.poll(revision).toContain('赵强');
    await page.frameLocator('iframe').getByText('统计执法科 9 月底迁出').first().waitFor();
    const { hash } = JSON.parse(await (await fetch(`${server.url}/api/v1/filings/${ID}`)).text()) as {
      hash: string;
    };
    await expect.poll(() => page.locator('code').innerText()).toBe(hash);
    expect(faults).toEqual([]);
    await context.close();
  });
});

describe('the filing pages', () => {
  const PATHS = [
    '/reports?node=city',
    '/reports?node=bureau',
    REPORT,
    '/report?node=school&form=monthly&period=2026-10',
  ];

  test.each(PATHS)('%s fits a phone and passes axe in both themes', async (path) => {
    for (const theme of ['light', 'dark'] as const) {
      const { page, faults, context } = await browser.open({
        url: server.url,
        ...PHONE,
        theme,
        touch: true,
      });
      await page.goto(path);
      await settled(page);
      await expect
        .poll(async () => [await overflow(page), await cutOff(page), await small(page), await misnamed(page)])
        .toEqual([0, [], [], []]);
      await expect.poll(() => violations(page, { without: 'iframe' })).toEqual([]);
      expect(faults).toEqual([]);
      await context.close();
    }
  });

  test('a bureau sets a deadline, and the first page reminds of what it makes late', async () => {
    const { page, faults, context } = await browser.open({ url: server.url });
    await page.goto('/reports?node=city');
    await settled(page);
    await expect.poll(() => page.locator('main').innerText()).toContain(words.deadline.example);
    await page.getByRole('button', { name: words.deadline.set }).click();
    const dialog = page.getByTestId('deadline');
    await dialog.getByLabel(words.deadline.first).fill('2026-9');
    await dialog.getByRole('button', { name: forms.save }).click();
    await dialog.getByText(words.deadline.badMonth).waitFor();
    await dialog.getByLabel(words.deadline.first).fill('2026-09');
    await dialog.getByLabel(words.deadline.day, { exact: true }).fill('1');
    await dialog.getByLabel(words.deadline.source).fill('安节〔2026〕8号');
    await dialog.getByLabel(forms.who).fill(BUREAU);
    await dialog.getByRole('button', { name: forms.save }).click();
    await dialog.waitFor({ state: 'detached' });
    // 1 October is a holiday until the 8th, and 1 November a Sunday.
    await page.getByText('安节〔2026〕8号').waitFor();
    await page.getByRole('link', { name: '市一中，2026年9月月报：逾期未报' }).waitFor();
    await page.goto('/overview?node=city');
    await page.getByTestId('filing-reminder').getByText(words.list.see).click();
    await page.waitForURL(/\/reports\?/);
    expect(faults).toEqual([]);
    await context.close();
  });

  test('a bureau sees what its institutions owe, in both languages', async () => {
    for (const language of ['zh', 'en'] as const) {
      const { page, faults, context } = await browser.open({ url: server.url, language });
      await page.goto('/reports?node=city');
      await settled(page);
      const text = () => page.locator('main').innerText();
      await expect.poll(text).toContain('市统计局');
      await expect.poll(text).toContain('市一中');
      await expect.poll(text).toContain(language === 'zh' ? words.short.published : 'published');
      await page.keyboard.press('Tab');
      expect(faults).toEqual([]);
      await context.close();
    }
    expect(zh.views.reports).toBe('报送日历');
  });
});
