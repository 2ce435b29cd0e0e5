import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { asOperator } from '../../server/http/authorise.ts';
import type { OneTimePassword } from '../../server/http/schemas/access.ts';
import type { Health } from '../../server/http/schemas/health.ts';
import { setDemoBook } from '../../simulators/demo-estate/book.ts';
import { setDemoFilings } from '../../simulators/demo-estate/filings.ts';
import { setDemoRecords } from '../../simulators/demo-estate/records.ts';
import { setDemoStandards } from '../../simulators/demo-estate/standards.ts';
import { setDemoTargets } from '../../simulators/demo-estate/targets.ts';
import { historyStart } from '../../simulators/history.ts';
import { zh as words } from '../../web/src/lib/ledger/words.zh.ts';
import { DESKTOP, launchBrowser, type PageOptions, PHONE, type TestBrowser } from './browser.ts';
import { demoServer, type EstateServer, emptyServer, publish, shownAt, ZONE } from './estate.ts';
import { settled } from './page.ts';

/**
 * `npm run screenshots`: every view from the demo estate with a fixed seed and clock, into .screenshots/, or only
 * those whose names are given; with `--readme` also the two pictures of the README.
 */
const root = new URL('../..', import.meta.url).pathname;
const OUT = join(root, '.screenshots');
const README = join(root, 'web/screenshots');
const NOW = Date.parse('2026-11-20T15:07:00+08:00');
/** Where the last readings of the history lie; the live ones come after it. */
const LAST = Date.parse('2026-11-20T15:00:00+08:00');

const VIEWS = {
  overview: '/overview?node=centre&carrier=electricity&period=2026-11',
  targets: '/targets?node=centre',
  'target-split': '/split?node=centre&target=centre-energy-2030',
  building: '/building?node=gov&carrier=electricity&period=2026-11',
  indicators: '/indicators?node=gov&period=2026-10',
  quotas: '/quotas?node=gov&year=2026',
  'quota-table': '/settings?node=gov&part=quotas',
  comparison: '/comparison?node=centre&period=2026-10',
  publicity: '/publicity?node=gov&period=2026',
  book: '/book?node=gov&month=2026-10',
  bills: '/book?node=centre&part=bills&month=2026-10',
  reports: '/reports?node=centre',
  report: '/report?node=gov-office&form=monthly&period=2026-10',
  forms: '/forms?node=gov-office&of=2025',
  'forms-summary': '/forms?node=centre&of=2025',
  batches: '/batches?node=centre',
  compliance: '/compliance?node=gov-office',
  'compliance-below': '/compliance?node=centre',
  settings: '/settings?node=gov&part=attributes',
  meters: '/meters?node=centre',
  meter: '/meter?meter=gov-f8-ac&node=gov-f8&period=2026-11',
  'meter-exchange': '/meter?meter=gov-f5-light&node=gov-f5&period=2026-10',
  balance: '/balance?node=centre&carrier=electricity&period=2026-10',
  health: '/health',
  operations: '/operations',
  start: '/start',
  people: '/people',
  devices: '/devices?node=centre',
  audit: '/audit?action=grant',
} as const;
/** What stands over a page: a figure opened to its ground, and the dialog of an exchange. */
const OVER: Record<string, { path: string; open?: (page: Page) => Promise<void>; shown: string }> = {
  ground: {
    path: `${VIEWS.building}&ground=node*gov-f5*electricity*2026-10-01*2026-11-01&ground=meter*gov-f5-light**2026-10-01*2026-11-01`,
    shown: 'piece',
  },
  'ground-gap': {
    path: `${VIEWS.building}&ground=meter*gov-f8-ac**2026-11-01*2026-11-08`,
    shown: 'piece',
  },
  'ground-node': {
    path: `${VIEWS.building}&ground=node*gov*electricity*2026-11-01*2026-12-01`,
    shown: 'part',
  },
  exchange: { path: VIEWS['meter-exchange'], open: openExchange, shown: 'effect-month' },
};
/** Meters whose readings arrive while the overview is photographed. */
const LIVE = [
  'cul-main',
  'gov-main',
  'gov-f8-ac',
  'gov-it-main',
  'gov-f3-light',
  'gov-w-main',
  'square-main',
  'gov-g-main',
];

/** Where people come in, and what large type makes of a page. */
const FRONT = ['setup', 'sign-in', 'sign-in-elder'] as const;
/** What hangs on a wall, as large as such screens are. */
const LOBBY = { path: '/publicity?node=gov&period=2026&lobby', width: 1920, height: 1080 } as const;
const ELDER = { 'elder-overview': VIEWS.overview, 'elder-meters': VIEWS.meters } as const;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function furnish(server: EstateServer): Promise<void> {
  const time = ZONE.iso(LAST);
  const readings = (list: object[]): { topic: string; payload: string } => ({
    topic: 'gateways/gw-lib/readings',
    payload: JSON.stringify({ readings: list }),
  });
  await publish(server.broker, [
    shownAt(LAST, LIVE),
    readings([{ meter: 'gov-f12-light', time, value: 18_233.4 }]),
    readings([{ meter: 'gov-f12-ac', time, value: 9120.07 }]),
    readings([{ meter: 'gov-f3-light', time: ZONE.iso(NOW + 3 * 3_600_000), value: 90_000 }]),
    { topic: 'gateways/gw-lib/readings', payload: '{"readings":[{"meter":"gov-f3-light","ti' },
  ]);
}

let photographs = 0;
async function photograph(
  browser: TestBrowser,
  server: EstateServer,
  name: string,
  path: string,
  options: Omit<PageOptions, 'url'>,
  file = join(OUT, `${name}.png`),
  /** The whole page; or what a window of the given size shows, its finding at the top. */
  wholePage = true,
): Promise<void> {
  const { page, context, faults } = await browser.open({ ...options, url: server.url, at: NOW });
  if (name.includes('elder')) await context.addInitScript(() => localStorage.setItem('jieneng.elder', 'on'));
  await steadyHealth(page);
  await page.goto(path);
  await settled(page);
  if (path.startsWith('/overview') && !name.includes('elder')) await showLive(page, server);
  const over = OVER[name.split('@')[0] ?? ''];
  if (over) {
    await over.open?.(page);
    await page.getByTestId(over.shown).first().waitFor();
    await settled(page);
  }
  if (wholePage) await stretch(page, options.width ?? DESKTOP.width);
  else if (options.width === PHONE.width && !over) await toFinding(page);
  await page.screenshot({ path: file, animations: 'disabled' });
  await context.close();
  // Taking a picture runs a script in every frame, and the one that shows a document allows none.
  const own = faults.filter((fault) => !fault.startsWith('Blocked script execution'));
  if (own.length > 0) throw new Error(`${name}: ${own.join('\n')}`);
  say(file.slice(root.length));
}

/** From the suspect to the dialog, with what stands on the slip. */
async function openExchange(page: Page): Promise<void> {
  await page.getByTestId('suspect').getByRole('button').first().click();
  const dialog = page.getByTestId('recording');
  await dialog.getByRole('textbox', { name: words.record.final, exact: true }).fill('150,803.6');
  await dialog.getByRole('textbox', { name: words.record.initial, exact: true }).fill('0');
  await dialog.locator('canvas').nth(1).waitFor();
}

/** On a phone the choices fill half of the window: scrolls on to what they lead to. */
async function toFinding(page: Page): Promise<void> {
  await page.getByTestId('finding').evaluate((finding) => {
    const bar = document.querySelector('header')?.clientHeight ?? 0;
    scrollTo(0, finding.getBoundingClientRect().top + scrollY - bar - 8);
  });
  await settled(page);
}

/** Makes the window as high as the page, so that what sticks to an edge stands at the edge of the picture. */
async function stretch(page: Page, width: number): Promise<void> {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width, height });
  await settled(page);
}

/** What depends on the machine and its clock is shown as on a server with the default settings. */
async function steadyHealth(page: Page): Promise<void> {
  await page.route('**/api/v1/health', async (route) => {
    const response = await route.fetch();
    const health = (await response.json()) as Health;
    const { intake } = health;
    intake.address &&= 'mqtt://127.0.0.1:1883';
    intake.last_reading_at &&= ZONE.iso(LAST);
    intake.readings_per_s = 0;
    await route.fulfill({ response, json: health });
  });
}

/** Readings that are newer than those of the picture before, so that they are no repeats. */
async function showLive(page: Page, server: EstateServer): Promise<void> {
  const at = LAST + 6 * 60_000 + photographs++ * 30_000;
  const refreshed = page.waitForResponse('**/api/v1/summary?*');
  await publish(server.broker, [shownAt(at, LIVE)]);
  await refreshed;
  await page
    .getByTestId('live-reading')
    .nth(LIVE.length - 1)
    .waitFor();
}

/** A page before anybody has signed in. */
async function photographAccess(
  browser: TestBrowser,
  server: EstateServer,
  name: (typeof FRONT)[number],
  isAsked: (name: string) => boolean,
): Promise<void> {
  if (!isAsked(name)) return;
  const path = name === 'setup' ? (server.setupUrl ?? '') : '/';
  for (const theme of ['light', 'dark'] as const) {
    for (const [width, size] of [
      ['1440', DESKTOP],
      ['390', { ...PHONE, touch: true }],
    ] as const) {
      const front = { ...server, url: server.front };
      await photograph(browser, front, `${name}-${width}-${theme}`, path, { ...size, theme });
    }
  }
}

/** People, what they may, and credentials of devices, so that there is something to see. */
async function setDemoAccess(ask: (path: string, init?: RequestInit) => Promise<Response>): Promise<void> {
  const put = async <T>(method: string, path: string, body: object): Promise<T> => {
    const headers = { 'content-type': 'application/json' };
    const answer = await ask(`/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  for (const [account, name, role, node] of [
    ['chen.yun', '陈运', 'system_admin', null],
    ['liu.an', '刘安', 'security_admin', null],
    ['sun.cha', '孙查', 'audit_admin', null],
    ['zhang.neng', '张能管', 'energy_manager', 'gov'],
    ['li.ji', '李计量', 'metering_engineer', 'centre'],
    ['wang.du', '王监督', 'supervisor', 'anlan'],
  ] as const) {
    const { person } = await put<OneTimePassword>('POST', '/people', { account, name });
    await put('PUT', `/people/${person.id}/grants`, { grants: [{ role, node }] });
  }
  for (const device of [
    { meter: 'gov-main', expires_at: '2026-12-10' },
    { meter: 'gov-f8-ac', expires_at: '2027-11-20' },
    { name: 'lora-1', topics: ['lora/+/up'], node: 'gov', expires_at: '2026-11-25' },
  ])
    await put('POST', '/devices', device);
}

async function main(): Promise<void> {
  const forReadme = process.argv.includes('--readme');
  const names = process.argv.slice(2).filter((a) => !a.startsWith('--'));
  const isAsked = (name: string): boolean => names.length === 0 || names.includes(name);
  mkdirSync(OUT, { recursive: true });
  const browser = await launchBrowser();
  const empty = await emptyServer(NOW);
  say('25 months of history …');
  // The whole of last year, so that this year has something to stand against.
  const server = await demoServer(historyStart(NOW, ZONE, 25), NOW);
  try {
    await furnish(server);
    const ask = async (path: string, init?: RequestInit): Promise<Response> =>
      asOperator(server.app).fetch(new Request(`http://localhost${path}`, init));
    await setDemoStandards(ask);
    await setDemoRecords(ask, NOW);
    await setDemoBook(ask, NOW, 24);
    await setDemoTargets(ask, NOW);
    await setDemoFilings(ask, server, NOW, new AbortController().signal);
    if (forReadme) {
      mkdirSync(README, { recursive: true });
      const place = (name: string): string => join(README, `${name}.png`);
      await photograph(browser, server, 'overview', VIEWS.overview, DESKTOP, place('overview'), false);
      await photograph(
        browser,
        server,
        'building-phone',
        VIEWS.building,
        PHONE,
        place('building-phone'),
        false,
      );
    }
    await photographAccess(browser, server, 'setup', isAsked);
    await setDemoAccess(ask);
    await photographAccess(browser, server, 'sign-in', isAsked);
    await photographAccess(browser, server, 'sign-in-elder', isAsked);
    for (const theme of ['light', 'dark'] as const) {
      for (const [width, size] of [
        ['1440', DESKTOP],
        ['390', { ...PHONE, touch: true }],
      ] as const) {
        for (const [view, path] of Object.entries(VIEWS)) {
          if (!isAsked(view)) continue;
          await photograph(browser, server, `${view}-${width}-${theme}`, path, { ...size, theme });
        }
        for (const [name, { path }] of Object.entries(OVER)) {
          if (!isAsked(name)) continue;
          const file = join(OUT, `${name}-${width}-${theme}.png`);
          await photograph(browser, server, `${name}@`, path, { ...size, theme }, file, false);
        }
        for (const [name, path] of Object.entries(ELDER)) {
          if (!isAsked(name)) continue;
          await photograph(browser, server, `${name}-${width}-${theme}`, path, { ...size, theme });
        }
        if (isAsked('empty'))
          await photograph(browser, empty, `empty-${width}-${theme}`, '/', { ...size, theme });
      }
    }
    if (isAsked('lobby')) {
      const { path, ...size } = LOBBY;
      for (const language of ['zh', 'en'] as const) {
        const file = join(OUT, `lobby-${size.width}-${language}.png`);
        await photograph(browser, server, 'lobby', path, { ...size, language }, file, false);
      }
    }
    for (const [width, size] of [
      ['1440', DESKTOP],
      ['390', PHONE],
    ] as const) {
      if (!isAsked('english')) continue;
      await photograph(browser, server, `overview-${width}-light-en`, VIEWS.overview, {
        ...size,
        language: 'en',
      });
    }
  } finally {
    await browser.close();
    await Promise.all([server.stop(), empty.stop()]);
  }
}

await main();
