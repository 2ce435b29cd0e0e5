import type { Classification } from '../domain/classification.ts';
import type { Policy } from '../domain/policy.ts';
import {
  chooseQuota,
  inForce,
  isWithin,
  METRICS,
  type Metric,
  type Quota,
  type QuotaChoice,
} from '../domain/quota.ts';

/**
 * The rows of quotas that are in force on a day, and which of them hold for whom. Institutions of one kind get
 * one answer, so a city's rows are gone through once for each kind, not for each institution.
 */
export class QuotaRows {
  readonly #policy: Policy;
  readonly #on: string;
  readonly #inForce: readonly Quota[];
  readonly #metrics = new Map<string, readonly Metric[]>();
  readonly #choices = new Map<string, QuotaChoice>();

  /** @param on YYYY-MM-DD */
  constructor(policy: Policy, on: string) {
    this.#policy = policy;
    this.#on = on;
    this.#inForce = policy.list('quota').filter((q) => inForce(q, on));
  }

  /** Every metric that has rows for institutions like this one, whether one of them holds or not. */
  metrics(of: Readonly<Classification>, named: readonly string[]): readonly Metric[] {
    const { type, region } = of;
    const key = `${type} ${region} ${named.join(' ')}`;
    const known = this.#metrics.get(key);
    if (known) return known;
    const concerns = (q: Quota): boolean =>
      (type === null || q.types === null || q.types.includes(type)) &&
      (region === null || q.regions === null || q.regions.some((r) => isWithin(region, r)));
    const concerned = new Set(this.#inForce.filter(concerns).map((q) => q.metric));
    for (const id of named) {
      const row = this.#policy.get('quota', id);
      if (row) concerned.add(row.metric);
    }
    const found = METRICS.filter((m) => concerned.has(m));
    this.#metrics.set(key, found);
    return found;
  }

  /** The row by the classification, or the one of the metric among those that somebody named. */
  choose(metric: Metric, of: Readonly<Classification>, named: readonly string[]): QuotaChoice {
    const key = `${metric} ${of.type} ${of.level} ${of.zone} ${of.region} ${named.join(' ')}`;
    const known = this.#choices.get(key);
    if (known) return known;
    const rows = named.flatMap((id) => {
      const quota = this.#policy.get('quota', id);
      return quota?.metric === metric ? [quota] : [];
    });
    const found: QuotaChoice =
      rows.length > 1
        ? { state: 'several', candidates: rows }
        : chooseQuota(this.#inForce, metric, of, this.#on, rows[0]?.id ?? null);
    this.#choices.set(key, found);
    return found;
  }
}
