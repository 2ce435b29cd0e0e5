import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium as launcher, type Page } from 'playwright-core';
import { CACHE, chromium } from './chromium.ts';

export interface PageOptions {
  /** http://host:port; the page's paths are relative to it. */
  url: string;
  width?: number;
  height?: number;
  theme?: 'light' | 'dark';
  language?: 'zh' | 'en';
  touch?: boolean;
  /** Cookie header of a sign-in at the server. */
  cookie?: string;
  /** Stops the page's clock at this instant, epoch ms. */
  at?: number;
}

export interface OpenPage {
  page: Page;
  context: BrowserContext;
  /** What went wrong in the page: exceptions, refused scripts, requests that left this machine. */
  faults: string[];
}

export interface TestBrowser {
  open(options: PageOptions): Promise<OpenPage>;
  close(): Promise<void>;
}

export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };
/** Not the estate's: a date on a page that follows the browser's zone would be a wrong one. */
const BROWSER_ZONE = 'Europe/Berlin';
/** For a machine that is busy with other things: nothing is slower by it that works. */
const ACT_MS = 45_000;
const FONTS = new URL('../../node_modules/@expo-google-fonts/noto-sans-sc', import.meta.url).pathname;
const WEIGHTS = ['400Regular', '500Medium', '600SemiBold', '700Bold'];
const QUIET = [
  '--no-sandbox',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  '--font-render-hinting=none',
];

export async function launchBrowser(): Promise<TestBrowser> {
  const { executable, environment } = await chromium();
  const home = mkdtempSync(join(tmpdir(), 'jieneng-browser-'));
  const fonts = join(home, 'fonts.conf');
  writeFileSync(fonts, fontsConf());
  const browser = await launcher.launch({
    executablePath: executable,
    headless: true,
    args: QUIET,
    timeout: 90_000,
    env: { PATH: process.env.PATH ?? '', HOME: home, FONTCONFIG_FILE: fonts, ...environment },
  });
  return {
    async open({ url, theme = 'light', language = 'zh', touch = false, at, cookie, ...size }) {
      const viewport = { ...DESKTOP, ...size };
      const context = await browser.newContext({
        baseURL: url,
        viewport,
        hasTouch: touch,
        colorScheme: theme,
        reducedMotion: 'reduce',
        timezoneId: BROWSER_ZONE,
        locale: 'zh-CN',
        acceptDownloads: true,
      });
      context.setDefaultTimeout(ACT_MS);
      if (cookie !== undefined) {
        const [name = '', value = ''] = cookie.split('=');
        await context.addCookies([{ name, value, url, httpOnly: true, sameSite: 'Strict' }]);
      }
      if (language === 'en')
        await context.addInitScript(() => localStorage.setItem('jieneng.language', 'en'));
      const faults: string[] = [];
      await context.route(
        (to) => to.protocol.startsWith('http') && to.host !== new URL(url).host,
        async (route) => {
          faults.push(`left this machine: ${route.request().url()}`);
          await route.abort();
        },
      );
      const page = await context.newPage();
      page.on('pageerror', (error) => faults.push(error.stack ?? error.message));
      page.on('console', (message) => {
        // A failed request is the page's to show; the tests look at that.
        if (message.type() === 'error' && !message.text().startsWith('Failed to load resource')) {
          faults.push(message.text());
        }
      });
      if (at !== undefined) await page.clock.setFixedTime(at);
      return { page, context, faults };
    },
    async close() {
      await browser.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** The same letters on every machine: ours for every family, the machine's own for none. */
function fontsConf(): string {
  const cache = join(CACHE, 'fonts');
  mkdirSync(cache, { recursive: true });
  const prefer = (family: string): string =>
    `<match target="pattern"><test name="family"><string>${family}</string></test>` +
    '<edit name="family" mode="assign" binding="strong"><string>Noto Sans SC</string></edit></match>';
  return `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
${WEIGHTS.map((weight) => `<dir>${join(FONTS, weight)}</dir>`).join('\n')}
<cachedir>${cache}</cachedir>
${['sans-serif', 'system-ui', 'serif', 'monospace'].map(prefer).join('\n')}
</fontconfig>
`;
}
