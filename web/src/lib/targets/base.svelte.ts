import type { Indicators } from '../../../../server/http/schemas/indicators.ts';
import { ApiError, apiPath, getJson, isAbort } from '../api/client.ts';
import { app } from '../state/app.svelte.ts';
import { faultsOf, needsScheme, type TargetFields } from './fields.ts';
import type { Lack } from './types.ts';

/** Typing settles for so long before the server is asked. */
const DEBOUNCE_MS = 300;

/** What was measured of an indicator in the base year, followed while the fields change. */
export class BaseValue {
  value = $state.raw<number | null>(null);
  unit = $state.raw<string | null>(null);
  completeness = $state.raw(0);
  lacks = $state.raw<readonly Lack[]>([]);
  asking = $state(false);
  error = $state.raw<ApiError | null>(null);

  /** Call inside a component's start. */
  constructor(of: () => { node: string; fields: TargetFields }) {
    const address = $derived.by((): string | null => {
      const { node, fields } = of();
      if (faultsOf(fields).baseYear) return null;
      const year = Number(fields.baseYear);
      return apiPath('/indicators', {
        node,
        indicator: fields.indicator,
        from: `${year}-01-01`,
        to: `${year + 1}-01-01`,
        scheme: needsScheme(fields.indicator) ? fields.scheme : null,
      });
    });
    $effect(() => {
      const path = address;
      this.asking = path !== null;
      if (path === null) return;
      const abort = new AbortController();
      const timer = setTimeout(() => void this.#ask(path, abort.signal), DEBOUNCE_MS);
      return () => {
        clearTimeout(timer);
        abort.abort();
      };
    });
  }

  async #ask(path: string, signal: AbortSignal): Promise<void> {
    try {
      const found = (await getJson<Indicators>(path, signal)).nodes[0]?.indicators[0];
      if (signal.aborted) return;
      this.value = found?.value ?? null;
      this.unit = found?.unit ?? null;
      this.completeness = found?.completeness ?? 0;
      this.lacks = found?.lacks ?? [];
      this.error = null;
    } catch (cause) {
      if (isAbort(cause) || signal.aborted) return;
      this.value = null;
      this.error = cause instanceof ApiError ? cause : new ApiError(0, null);
    }
    this.asking = false;
  }

  /** Of the estate's clock: a base year that still runs is no base. */
  isOver(year: string): boolean {
    return Number(year) < app.zone.wall(app.now).year;
  }
}
