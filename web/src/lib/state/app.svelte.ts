import type { Carrier } from '../../../../server/domain/meter.ts';
import { Zone } from '../../../../server/domain/time.ts';
import type { NodeInfo, Tree } from '../../../../server/http/schemas/estate.ts';
import type { HealthSeen } from '../../../../server/http/schemas/health.ts';
import { apiPath, getJson } from '../api/client.ts';
import { Dates } from '../i18n/format.ts';
import { i18n } from '../i18n/i18n.svelte.ts';
import { type GroundRef, groundText } from './ground.ts';
import { type Chosen, parsePeriod, periodAt, periodText } from './period.ts';
import { OF_TARGETS, type Place, placeHref, router, type View } from './router.svelte.ts';
import { EstateTree } from './tree.ts';

/** Temperatures are averaged, not used: they are no carrier to choose. */
export const GAUGES: readonly Carrier[] = ['outdoor_temperature', 'indoor_temperature'];

/** The estate, the server's clock, and what the address selects of it. */
class AppState {
  tree = $state.raw<EstateTree | null>(null);
  zone = $state.raw(new Zone('UTC'));
  health = $state.raw<HealthSeen | null>(null);
  /** Server's clock minus browser's, ms. */
  #ahead = 0;
  /** The server's clock, moved on every 10 s: relative times and what is still running depend on it. */
  now = $state(Date.now());

  readonly dates = $derived(new Dates(this.zone, i18n.m));

  /** undefined: nothing chosen and nothing there; null: the address names a node that is not there. */
  readonly node = $derived.by((): NodeInfo | null | undefined => {
    const named = router.place?.node ?? null;
    if (named !== null) return this.tree?.node(named) ?? null;
    return this.tree?.landing();
  });

  readonly carriers = $derived((this.node?.carriers ?? []).filter((c) => !GAUGES.includes(c)));

  readonly carrier = $derived.by((): Carrier => {
    const named = this.carriers.find((c) => c === router.place?.carrier);
    return named ?? this.carriers[0] ?? 'electricity';
  });

  /** The text first: a chosen period stays the same object while the clock moves. */
  readonly #periodText = $derived.by((): string => {
    const named = router.place?.period ?? null;
    if (named !== null && parsePeriod(named, this.zone)) return named;
    return periodText(periodAt('month', this.now, this.zone), this.zone);
  });
  readonly period = $derived(
    parsePeriod(this.#periodText, this.zone) ?? periodAt('month', this.now, this.zone),
  );

  /** @throws ApiError */
  async load(): Promise<void> {
    const [tree] = await Promise.all([getJson<Tree>(apiPath('/tree')), this.refreshHealth()]);
    this.zone = new Zone(tree.timezone);
    this.tree = new EstateTree(tree);
  }

  /** @throws ApiError */
  async refreshHealth(headers: Readonly<Record<string, string>> = {}): Promise<void> {
    const health = await getJson<HealthSeen>(apiPath('/health'), undefined, headers);
    this.#ahead = Date.parse(health.now) - Date.now();
    this.health = health;
    this.tick();
  }

  /** Server's clock minus browser's, ms; 0 until it is known. */
  get ahead(): number {
    return this.#ahead;
  }

  tick(): void {
    this.now = Date.now() + this.#ahead;
  }

  /** The address of a place that differs from the present one in what is given. */
  href(change: Partial<Omit<Place, 'period' | 'view'>> & { view?: View; period?: Chosen }): string {
    const { period, ...rest } = change;
    const here = router.place?.view ?? 'overview';
    // A target belongs to its node: at another one there are others.
    const moves = change.node !== undefined && change.node !== this.node?.id;
    return placeHref({
      view: moves && OF_TARGETS.includes(here) ? 'targets' : here,
      meter: router.place?.meter ?? null,
      target: moves ? null : (router.place?.target ?? null),
      node: this.node?.id ?? null,
      carrier: this.carrier,
      own: router.place?.own ?? {},
      ground: [],
      ...rest,
      period: periodText(period ?? this.period, this.zone),
    });
  }

  /** The address of the present place with the ground of a figure open, after those that led to it. */
  groundHref(ref: GroundRef, above: readonly string[] = []): string {
    return this.href({ ground: [...above, groundText(ref, this.zone)] });
  }
}

export const app = new AppState();
