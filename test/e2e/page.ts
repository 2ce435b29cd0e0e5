import type { Locator, Page } from 'playwright-core';

const SETTLE_MS = 60_000;

/** Waits until a page has its figures and has drawn its charts. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main h1').first().waitFor({ state: 'attached', timeout: SETTLE_MS });
  await page.waitForFunction(
    () => {
      const main = document.querySelector('main');
      if (!main || main.querySelector('[aria-busy="true"], .wait, .loading')) return false;
      return [...main.querySelectorAll('.plot[role="img"]')].every((plot) => plot.querySelector('canvas'));
    },
    undefined,
    { timeout: SETTLE_MS },
  );
  // What the last answer brought is drawn in the frame after it.
  await page.evaluate(async () => {
    await document.fonts.ready;
    for (let i = 0; i < 3; i++) await new Promise((frame) => requestAnimationFrame(frame));
  });
}

/** What reaches beyond the window to the side and cannot be scrolled to where it stands. */
export async function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (element: Element): boolean => {
      for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
        if (/auto|scroll/.test(getComputedStyle(at).overflowX)) return true;
      }
      return false;
    };
    const out = [...document.querySelectorAll('header *, main, main *, nav *')].filter((element) => {
      const box = element.getBoundingClientRect();
      const isSeen = box.width > 1 && box.height > 1 && getComputedStyle(element).visibility !== 'hidden';
      return isSeen && (box.right > width + 1 || box.left < -1) && !scrolls(element);
    });
    return out.map(
      (element) => `${element.tagName}.${element.className} ${element.textContent?.trim().slice(0, 20)}`,
    );
  });
}

/** Controls whose name does not contain the words on them: who speaks to the page cannot choose them. */
export async function misnamed(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('a[aria-label], button[aria-label]')].flatMap((control) => {
      const name = control.ariaLabel ?? '';
      const words = control.innerText.trim();
      return name.toLowerCase().includes(words.toLowerCase()) ? [] : [`${words}: ${name}`];
    }),
  );
}

/**
 * Controls smaller than a finger, 44 px: links by their height, buttons both ways. Days of the calendar are
 * let be: the choice of a period leads to the same places.
 */
export async function small(page: Page, within = 'header, main'): Promise<string[]> {
  return page.evaluate(
    (places) =>
      places
        .split(', ')
        .flatMap((place) => [
          ...document.querySelectorAll<HTMLElement>(
            `${place} :is(a, button, input:not([type="checkbox"]), select)`,
          ),
        ])
        .filter((control) => {
          // What is ticked is hit by its words too.
          const hit = control.matches('[type="radio"], [type="checkbox"]')
            ? control.closest('label')
            : control;
          const { width, height } = (hit ?? control).getBoundingClientRect();
          const cover = getComputedStyle(control, '::after');
          if (width <= 1 || cover.position === 'absolute' || control.matches('.day')) return false;
          return height < 43.5 || (control.tagName !== 'A' && width < 43.5);
        })
        .map((control) => `${control.tagName} ${control.className} ${control.innerText.trim()}`),
    within,
  );
}

/** How far the page reaches beyond its window to the side, px; 0 when it does not. */
export async function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

/** The share of the window's width that the text has beside the tree. */
export async function mainWidth(page: Page): Promise<number> {
  const box = await page.locator('main').boundingBox();
  return (box?.width ?? 0) / (page.viewportSize()?.width ?? 1);
}

/** Moves on with the Tab key until the element has the focus. @throws when it is not reached */
export async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const passed: string[] = [];
  for (let i = 0; i < 120; i++) {
    await page.keyboard.press(key);
    if (await target.evaluate((element) => element === document.activeElement)) return;
    passed.push(
      await page.evaluate(() => {
        const at = document.activeElement;
        return at?.getAttribute('aria-label') ?? at?.textContent?.trim().slice(0, 20) ?? '';
      }),
    );
  }
  throw new Error(`the Tab key does not reach ${String(target)}; it passed ${passed.join(' · ')}`);
}
