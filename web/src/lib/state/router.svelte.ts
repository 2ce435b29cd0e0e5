/** The address is the state: view, node, carrier, period, meter and opened figure live in it and nowhere else. */

export const VIEWS = [
  'overview',
  'targets',
  'target',
  'split',
  'indicators',
  'quotas',
  'comparison',
  'publicity',
  'reports',
  'report',
  'forms',
  'batches',
  'compliance',
  'book',
  'settings',
  'building',
  'meters',
  'meter',
  'balance',
  'health',
  'operations',
  'start',
  'desk',
  'account',
  'people',
  'devices',
  'audit',
] as const;
export type View = (typeof VIEWS)[number];
export const OF_TARGETS: readonly View[] = ['targets', 'target', 'split'];

/** What an address says for one view alone. */
const OWN: Partial<Record<View, readonly string[]>> = {
  quotas: ['year'],
  comparison: ['indicator', 'type', 'level', 'against'],
  publicity: ['lobby'],
  reports: ['year', 'form'],
  report: ['form', 'period', 'kind', 'month'],
  forms: ['of', 'edition', 'form'],
  compliance: ['year'],
  settings: ['part'],
  book: ['part', 'month'],
  audit: ['who', 'action', 'outcome', 'from', 'to'],
  devices: ['device', 'state'],
};

/** What an address may say beside the view. */
export interface Place {
  view: View;
  node: string | null;
  carrier: string | null;
  period: string | null;
  meter: string | null;
  /** Of the pages of targets. */
  target: string | null;
  /** Of one view alone; see `OWN`. */
  own?: Readonly<Record<string, string>>;
  /** The figure whose ground stands open, after those that led to it; see `ground.ts`. */
  ground: readonly string[];
}

export function parsePlace(url: URL): Place | null {
  const name = url.pathname === '/' ? 'overview' : url.pathname.slice(1).replace(/\/$/, '');
  const view = VIEWS.find((v) => v === name);
  if (!view) return null;
  const q = url.searchParams;
  return {
    view,
    node: q.get('node'),
    carrier: q.get('carrier'),
    period: q.get('period'),
    meter: q.get('meter'),
    target: q.get('target'),
    own: Object.fromEntries([...q].filter(([key]) => OWN[view]?.includes(key))),
    ground: q.getAll('ground'),
  };
}

export function placeHref(place: Place): string {
  const query = new URLSearchParams();
  for (const key of ['meter', 'target', 'node', 'carrier', 'period'] as const) {
    const value = place[key];
    if (value === null || (key === 'meter' && place.view !== 'meter')) continue;
    if (key !== 'target' || OF_TARGETS.includes(place.view)) query.set(key, value);
  }
  for (const [key, value] of Object.entries(place.own ?? {})) {
    if (OWN[place.view]?.includes(key)) query.set(key, value);
  }
  for (const figure of place.ground) query.append('ground', figure);
  const text = query.toString();
  return `/${place.view}${text ? `?${text}` : ''}`;
}

class Router {
  #url = $state.raw(new URL(location.href));
  /** null: no such page. */
  readonly place = $derived(parsePlace(this.#url));

  /** Follows the browser's buttons and the links of the page; returns what undoes it. */
  start(): () => void {
    const onPop = () => {
      this.#url = new URL(location.href);
    };
    const onClick = (event: MouseEvent) => {
      if (event.defaultPrevented || event.button !== 0) return;
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      const link = event.target instanceof Element ? event.target.closest('a') : null;
      if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin) return;
      if (link.pathname.startsWith('/api/') || link.getAttribute('href')?.startsWith('#')) return;
      event.preventDefault();
      this.go(link.href);
    };
    addEventListener('popstate', onPop);
    document.addEventListener('click', onClick);
    return () => {
      removeEventListener('popstate', onPop);
      document.removeEventListener('click', onClick);
    };
  }

  go(href: string): void {
    const next = new URL(href, location.href);
    if (next.href === this.#url.href) return;
    const samePage = next.pathname === this.#url.pathname;
    history.pushState(next.searchParams.has('ground') ? this.#over() + 1 : null, '', next);
    this.#url = next;
    if (!samePage) scrollTo(0, 0);
  }

  /** Completes the address without a step in the history. */
  settle(href: string): void {
    const next = new URL(href, location.href);
    if (next.href === this.#url.href) return;
    history.replaceState(history.state, '', next);
    this.#url = next;
  }

  /** Back to the page below an opened figure, whose address is given: by the way it came, if it came by one. */
  shut(href: string): void {
    const steps = this.#over();
    if (steps > 0) history.go(-steps);
    else this.settle(href);
  }

  /** Steps of the history since the page below was left. */
  #over(): number {
    return typeof history.state === 'number' ? history.state : 0;
  }
}

export const router = new Router();
