import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { codeAt } from '../../server/access/second-factor.ts';
import { zh as people } from '../../web/src/lib/access/people.zh.ts';
import { zh as access } from '../../web/src/lib/access/words.zh.ts';
import { zh as forms } from '../../web/src/lib/forms/words.zh.ts';
import { zh } from '../../web/src/lib/i18n/zh.ts';
import { violations } from './axe.ts';
import { launchBrowser, type OpenPage, PHONE, type TestBrowser } from './browser.ts';
import { type EstateServer, emptyServer, publish, send, ZONE } from './estate.ts';
import { overflow, settled, tabTo } from './page.ts';

/** From an empty directory to people who see what is theirs: by keyboard, in Chinese, over TCP as browsers do. */
const NOON = Date.parse('2026-11-20T12:00:00+08:00');
const PASSWORD = '七只鹤 慢慢飞过 旧水塔顶';
const ESTATE = {
  version: 1,
  timezone: 'Asia/Shanghai',
  nodes: [
    { id: 'city', name: '示例市', kind: 'region' },
    { id: 'gov', name: '市行政中心', kind: 'institution', parent: 'city' },
    { id: 'court', name: '市法院', kind: 'institution', parent: 'city' },
  ],
  meters: ['gov', 'court'].map((node) => ({
    id: `${node}-main`,
    name: '总进线',
    node,
    carrier: 'electricity',
    register: 'cumulative',
    unit: 'kWh',
    multiplier: 1,
    interval_s: 900,
  })),
};

let server: EstateServer;
let browser: TestBrowser;
const opened: OpenPage[] = [];
let admin: Page;
let manager: Page;
let other: Page;
/** One-time passwords by account. */
const slips = new Map<string, string>();

beforeAll(async () => {
  browser = await launchBrowser();
  server = await emptyServer(NOON);
  await send(server, 'PUT', '/api/v1/estate', 'application/json', JSON.stringify(ESTATE));
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(more: { width?: number; height?: number } = {}): Promise<Page> {
  const one = await browser.open({ url: server.front, ...more });
  opened.push(one);
  return one.page;
}

/** Reaches a field with the Tab key and types into it. */
async function type(page: Page, field: Locator, text: string): Promise<void> {
  await field.waitFor();
  await tabTo(page, field);
  await page.keyboard.type(text);
}

async function press(page: Page, button: Locator): Promise<void> {
  await button.waitFor();
  await tabTo(page, button);
  await page.keyboard.press('Enter');
}

const field = (page: Page | Locator, name: string): Locator =>
  page.getByRole('textbox', { name, exact: true });

/** The first field has the focus; the password is behind it. */
async function signIn(page: Page, account: string, password: string): Promise<void> {
  await expect
    .poll(() => field(page, access.gate.account).evaluate((e) => e === document.activeElement))
    .toBe(true);
  await page.keyboard.press('Control+A');
  await page.keyboard.type(account);
  await page.keyboard.press('Tab');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
}

/** RFC 4648, as an authenticator app reads it. */
function fromBase32(text: string): Buffer {
  const bits = [...text]
    .map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'))
    .join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

async function changePassword(page: Page, current: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name: access.change.title }).waitFor();
  await type(page, page.getByLabel(access.change.current, { exact: true }), current);
  await type(page, page.getByLabel(access.change.next, { exact: true }), PASSWORD);
  await type(page, page.getByLabel(access.change.again, { exact: true }), PASSWORD);
  await page.keyboard.press('Enter');
}

test('before set-up the dashboard leads to the set-up link, and nothing else answers', async () => {
  admin = await open();
  await admin.goto('/overview');
  await admin.getByRole('heading', { level: 1, name: access.setup.needLink }).waitFor();
  await admin.getByText(access.setup.command, { exact: true }).waitFor();
  const tree = await admin.evaluate(async () => (await fetch('/api/v1/tree')).status);
  expect(tree).toBe(403);
  await expect.poll(() => violations(admin)).toEqual([]);
});

test('the link makes three administrators; the passwords of two are shown once', async () => {
  await admin.goto(server.setupUrl ?? '');
  await admin.getByRole('heading', { level: 1, name: access.setup.title }).waitFor();
  await expect.poll(() => violations(admin)).toEqual([]);
  for (const [kind, account, name] of [
    ['system', 'chen.yun', '陈运'],
    ['security', 'liu.an', '刘安'],
    ['audit', 'sun.cha', '孙查'],
  ] as const) {
    const group = admin.getByRole('group', { name: access.setup.names[kind] });
    await type(admin, field(group, access.setup.account), account);
    await type(admin, field(group, access.setup.name), name);
    if (kind !== 'system') continue;
    await type(admin, group.getByLabel(access.change.next, { exact: true }), 'jieneng-2026');
    await type(admin, group.getByLabel(access.change.again, { exact: true }), 'jieneng-2026');
  }
  await admin.keyboard.press('Enter');
  // The name of the system is no part of a password.
  await admin.getByText(access.change.faults.has_name ?? '', { exact: true }).waitFor();
  for (const label of [access.change.next, access.change.again]) {
    await admin.getByLabel(label, { exact: true }).focus();
    await admin.keyboard.press('Control+A');
    await admin.keyboard.type(PASSWORD);
  }
  await admin.keyboard.press('Enter');
  await admin.getByRole('heading', { level: 1, name: access.setup.ready }).waitFor();
  const shown = admin.getByTestId('slip');
  expect(await shown.count()).toBe(3);
  for (const account of ['liu.an', 'sun.cha']) {
    const slip = shown.filter({ hasText: account });
    slips.set(account, (await slip.getByTestId('one-time').textContent()) ?? '');
  }
  expect(await shown.filter({ hasText: 'chen.yun' }).getByTestId('one-time').count()).toBe(0);
  await press(admin, admin.getByRole('button', { name: access.setup.toSignIn }));
});

test('a wrong password is told in words that help; the right one leads to the work of a system administrator', async () => {
  await signIn(admin, 'chen.yun', 'not the password at all');
  await admin.getByRole('alert').getByText(access.gate.wrong).waitFor();
  await admin.getByLabel(access.gate.account, { exact: true }).focus();
  await signIn(admin, 'chen.yun', PASSWORD);
  await admin.getByRole('heading', { level: 1, name: zh.views.desk }).waitFor();
  await expect.poll(() => admin.getByTestId('finding').textContent()).toContain('陈运');
  // No figures, and no way to them.
  expect(await admin.getByRole('link', { name: zh.views.overview, exact: true }).count()).toBe(0);
  await expect.poll(() => violations(admin)).toEqual([]);
});

test('an account is opened with a password for once', async () => {
  await press(admin, admin.getByRole('main').getByRole('link', { name: zh.views.people }));
  await press(admin, admin.getByRole('button', { name: people.openAccount }));
  const sheet = admin.getByTestId('open-account');
  await type(admin, field(sheet, people.account), 'zhang.neng');
  await type(admin, field(sheet, people.name), '张能管');
  await admin.keyboard.press('Enter');
  const password = sheet.getByTestId('one-time');
  await password.waitFor();
  slips.set('zhang.neng', (await password.textContent()) ?? '');
  await press(admin, sheet.getByRole('button', { name: people.close, exact: true }).last());
  await admin.getByTestId('person').filter({ hasText: 'zhang.neng' }).getByText(people.noRoles).waitFor();
  await expect.poll(() => violations(admin)).toEqual([]);
});

test('the security administrator changes the password first, then gives a role at an institution', async () => {
  await press(admin, admin.getByRole('button', { name: zh.app.menu }));
  await admin.getByRole('menuitem', { name: zh.app.leave }).press('Enter');
  await signIn(admin, 'liu.an', slips.get('liu.an') ?? '');
  await changePassword(admin, slips.get('liu.an') ?? '');
  // Back at the page that was open.
  await admin.getByRole('heading', { level: 1, name: zh.views.desk }).waitFor();
  await press(admin, admin.getByRole('main').getByRole('link', { name: zh.views.people }));
  await press(admin, admin.getByRole('button', { name: people.grantOf('张能管') }));
  const sheet = admin.getByTestId('grants');
  await sheet.getByLabel(people.role, { exact: true }).selectOption('energy_manager');
  await sheet.getByLabel(people.node, { exact: true }).selectOption('gov');
  await press(admin, sheet.getByRole('button', { name: people.addGrant }));
  await sheet.getByTestId('held').getByText('能源管理员（市行政中心）').waitFor();
  await press(admin, sheet.getByRole('button', { name: people.save }));
  await sheet.waitFor({ state: 'detached' });
  await admin
    .getByTestId('person')
    .filter({ hasText: 'zhang.neng' })
    .getByText('能源管理员（市行政中心）')
    .waitFor();
});

test('the new person sees his institution and nothing beside it', async () => {
  manager = await open();
  await manager.goto('/overview');
  await signIn(manager, 'zhang.neng', slips.get('zhang.neng') ?? '');
  await changePassword(manager, slips.get('zhang.neng') ?? '');
  await manager.getByRole('treeitem', { name: '市行政中心' }).waitFor();
  await settled(manager);
  expect(await manager.getByRole('treeitem').count()).toBe(1);
  expect(await manager.getByRole('treeitem', { name: '市法院' }).count()).toBe(0);
  await manager.goto('/audit');
  await manager.getByTestId('refused').getByText(access.roles.audit_admin).waitFor();
  await expect.poll(() => violations(manager)).toEqual([]);
  // What the bureau decides is shown, and whose work it is; what is his own can be changed.
  await manager.goto('/settings?node=gov&part=classification');
  await manager.getByTestId('read-only').getByText(forms.readOnly.supervise('市行政中心')).waitFor();
  const fields = manager.locator('form :is(select, input)');
  expect(await fields.count()).toBe(4);
  await expect.poll(() => manager.locator('form :is(select, input):disabled').count()).toBe(4);
  await expect.poll(() => violations(manager)).toEqual([]);
  await manager.goto('/book?node=gov');
  await manager.getByTestId('book-state').waitFor();
  expect(await manager.getByTestId('read-only').count()).toBe(0);
});

test('signing out everywhere ends the other window: its page and its stream', async () => {
  other = await open();
  await other.goto('/overview?node=gov');
  await signIn(other, 'zhang.neng', PASSWORD);
  await other.getByTestId('live-state').and(other.locator('[data-state="open"]')).waitFor();
  await publish(server.broker, [
    { topic: 'meters/gov-main/readings', payload: JSON.stringify({ time: ZONE.iso(NOON), value: 7 }) },
  ]);
  await other.getByTestId('live-reading').first().waitFor();

  await manager.goto('/account');
  await expect.poll(() => manager.getByTestId('sessions').getByRole('listitem').count()).toBe(2);
  await expect.poll(() => violations(manager)).toEqual([]);
  await press(manager, manager.getByRole('button', { name: access.account.endAll }));
  await manager.getByRole('heading', { level: 1, name: access.gate.title, exact: true }).waitFor();
  await other.getByRole('heading', { level: 1, name: access.gate.again }).waitFor();
  const left = await other.evaluate(async () => (await fetch('/api/v1/tree')).status);
  expect(left).toBe(401);
  await publish(server.broker, [
    {
      topic: 'meters/gov-main/readings',
      payload: JSON.stringify({ time: ZONE.iso(NOON + 60_000), value: 9 }),
    },
  ]);
  // What came meanwhile did not come here: only what was there is in the list behind the sign-in.
  expect(await other.getByTestId('live-reading').count()).toBe(1);
});

test('what was typed when a sign-in ended is still there after the next one', async () => {
  await signIn(manager, 'zhang.neng', PASSWORD);
  await manager.getByRole('treeitem').first().waitFor();
  await manager.goto('/account');
  await press(manager, manager.getByRole('button', { name: access.account.make }));
  const name = field(manager.getByTestId('token'), access.account.tokenName);
  await manager.keyboard.type('每月汇总');
  await expect.poll(() => name.inputValue()).toBe('每月汇总');
  // What outlives the sign-in asks for the password again.
  const token = manager.getByTestId('token');
  await type(manager, token.getByLabel(access.account.confirmPassword, { exact: true }), PASSWORD);
  await manager.evaluate(() => fetch('/api/v1/sessions', { method: 'DELETE' }));
  await press(manager, manager.getByTestId('token').getByRole('button', { name: access.account.make }));
  await manager.getByRole('heading', { level: 1, name: access.gate.again }).waitFor();
  await manager.keyboard.press('Escape');
  const again = manager.getByTestId('gate').getByLabel(access.gate.password, { exact: true });
  await expect.poll(() => again.evaluate((e) => e === document.activeElement)).toBe(true);
  await manager.keyboard.type(PASSWORD);
  await manager.keyboard.press('Enter');
  // The request that found nobody is sent again by itself.
  await manager.getByTestId('token-secret').waitFor();
  await manager.keyboard.press('Escape');
  await manager.getByTestId('tokens').getByText('每月汇总').waitFor();
});

test('a phone signs in too', async () => {
  const phone = await open(PHONE);
  await phone.goto('/');
  await phone.getByRole('heading', { level: 1, name: access.gate.title }).waitFor();
  await expect.poll(() => overflow(phone)).toBe(0);
  await signIn(phone, 'zhang.neng', PASSWORD);
  await settled(phone);
  await expect.poll(() => overflow(phone)).toBe(0);
});

test('the end of an idle sign-in is announced a minute before; what the page asks by itself does not put it off', async () => {
  const minutes = (n: number): number => n * 60_000;
  const idle = await open();
  await idle.clock.install({ time: NOON });
  await idle.goto('/account');
  await signIn(idle, 'zhang.neng', PASSWORD);
  await idle.getByTestId('sessions').getByRole('listitem').first().waitFor();
  // 30 minutes are allowed; the page looks at the health of the data every minute.
  const pass = async (ms: number): Promise<void> => {
    server.clock.at += ms;
    await idle.clock.fastForward(ms);
  };
  await pass(minutes(29.1));
  const notice = idle.getByTestId('idle');
  await notice.waitFor();
  await expect.poll(() => violations(idle)).toEqual([]);
  await press(idle, notice.getByRole('button', { name: access.idle.stay }));
  await notice.waitFor({ state: 'detached' });
  await pass(minutes(20));
  await pass(minutes(9.1));
  await notice.waitFor();
  await pass(minutes(1));
  await idle.getByRole('heading', { level: 1, name: access.gate.again }).waitFor();
});

test('a second factor is set up by its holder and asked for at the next sign-in', async () => {
  const page = await open();
  await page.goto('/account');
  await signIn(page, 'zhang.neng', PASSWORD);
  await press(page, page.getByTestId('factor').getByRole('button', { name: access.account.enable }));
  const sheet = page.getByTestId('enrol');
  await type(page, sheet.getByLabel(access.gate.password, { exact: true }), PASSWORD);
  await page.keyboard.press('Enter');
  const secret = fromBase32((await sheet.getByTestId('factor-secret').textContent()) ?? '');
  await sheet.getByRole('img', { name: access.factor.qr }).waitFor();
  const code = sheet.getByLabel(access.factor.code, { exact: true });
  await expect.poll(() => code.evaluate((e) => e === document.activeElement)).toBe(true);
  expect(await code.getAttribute('autocomplete')).toBe('one-time-code');
  await page.keyboard.type(codeAt(secret, server.clock.at));
  await page.keyboard.press('Enter');
  const backup = sheet.getByTestId('backup-codes').getByRole('listitem');
  await backup.first().waitFor();
  expect(await backup.count()).toBe(10);
  await expect.poll(() => violations(page)).toEqual([]);
  await press(page, sheet.getByRole('button', { name: access.factor.kept }));
  await page.getByTestId('factor').getByText(access.account.factorOn(10)).waitFor();
  // A page of the person is about no node.
  expect(await page.getByRole('treeitem').count()).toBe(0);

  await press(page, page.getByRole('button', { name: access.account.leave }).last());
  await signIn(page, 'zhang.neng', PASSWORD);
  await page.getByRole('heading', { level: 1, name: access.factor.title }).waitFor();
  const asked = page.getByLabel(access.factor.code, { exact: true });
  await expect.poll(() => asked.evaluate((e) => e === document.activeElement)).toBe(true);
  // A code works once: that of the enrolment does not work again, the one of the next half minute does.
  await page.keyboard.type(codeAt(secret, server.clock.at));
  await page.keyboard.press('Enter');
  await page.getByText(access.factor.wrong).waitFor();
  server.clock.at += 30_000;
  await asked.focus();
  await page.keyboard.type(codeAt(secret, server.clock.at));
  await page.keyboard.press('Enter');
  await page.getByRole('treeitem').first().waitFor();
});

test('whoever guesses is told how long to wait, and sees it pass', async () => {
  const page = await open();
  await page.goto('/');
  const wait = page.getByRole('alert').getByText(/\d+ 秒后/);
  const button = page.getByRole('button', { name: access.gate.enter, exact: true });
  for (let i = 0; i < 8 && (await wait.count()) === 0; i++) {
    await field(page, access.gate.account).fill('nobody.here');
    await page.getByLabel(access.gate.password, { exact: true }).fill(`guess number ${i} of many`);
    const answered = page.waitForResponse(
      (r) => r.url().endsWith('/session') && r.request().method() === 'POST',
    );
    await page.keyboard.press('Enter');
    await answered;
    await expect.poll(() => page.getByRole('alert').textContent()).not.toBe('');
  }
  await wait.waitFor();
  expect(await button.isDisabled()).toBe(true);
  await page.getByRole('alert').getByText(access.gate.open).waitFor();
  expect(await button.isDisabled()).toBe(false);
});

test('saw no error on the way', () => {
  expect(opened.flatMap((o) => o.faults)).toEqual([]);
});
