/** What an item of the tables is, in words. */
import type { PolicyItem } from '../../../../server/http/schemas/policy.ts';
import type { Catalogue } from '../i18n/zh.ts';
import type { QuotaWords } from '../quotas/words.zh.ts';
import { unitText } from '../terms/amounts.ts';
import { regionText, word } from '../terms/word.ts';
import { bodyOf, type FactorBody, type QuotaBody, type SchemeBody, type Source } from './bodies.ts';
import type { SettingWords } from './words.zh.ts';

export interface Described {
  title: string;
  facts: string;
  details: { text: string; source: Source }[];
}

/** A row of a quota's table: for whom it is, and its limits. */
export interface QuotaLine {
  item: PolicyItem;
  whom: string;
  values: QuotaBody['values'];
}
export interface QuotaGroup {
  key: string;
  /** What is limited, and in what it is told. */
  title: string;
  unit: string;
  standard: string;
  isWater: boolean;
  /** Places behind the point that its values need. */
  places: number;
  lines: QuotaLine[];
}

/** Rows of one table of one standard together, in the order in which they come. */
export function quotaGroups(items: readonly PolicyItem[], w: SettingWords, q: QuotaWords): QuotaGroup[] {
  const groups = new Map<string, QuotaGroup>();
  for (const item of items) {
    const body = bodyOf<QuotaBody>(item);
    const key = `${body.standard}\n${body.metric}\n${body.unit}`;
    const group = groups.get(key) ?? {
      key,
      title: word(q.metrics, body.metric),
      unit: unitText(body.unit, q),
      standard: body.standard,
      isWater: body.metric === 'water_per_person',
      places: 0,
      lines: [],
    };
    group.lines.push({ item, whom: whom(body, w, q).join(' · '), values: body.values });
    const { leading, base, constraint } = body.values;
    group.places = Math.max(group.places, ...[leading, base, constraint].map(placesOf));
    groups.set(key, group);
  }
  return [...groups.values()];
}

const placesOf = (value: number | null | undefined): number => String(value ?? '').split('.')[1]?.length ?? 0;

/** Whom a row is for; when it holds, where that is told. */
function whom(r: QuotaBody, w: SettingWords, q: QuotaWords): string[] {
  const list = (keys: string[] | undefined, table: Record<string, string>): string[] =>
    keys === undefined ? [] : [keys.map((k) => word(table, k)).join(q.and)];
  return [
    ...list(r.types, q.types),
    ...list(r.levels, q.levels),
    ...list(r.zones, q.zones),
    ...(r.regions ? [r.regions.map((code) => regionText(code, q.regions)).join(q.and)] : []),
    ...(r.variant ? [word(q.variants, r.variant)] : []),
    ...(r.from === undefined && r.to === undefined ? [] : [span(r.from, r.to, w)]),
  ];
}

export function described(item: PolicyItem, w: SettingWords, q: QuotaWords, m: Catalogue): Described {
  if (item.kind === 'scheme') return scheme(bodyOf<SchemeBody>(item), w, m);
  if (item.kind === 'factor') return factor(bodyOf<FactorBody>(item), w, q, m);
  return quota(bodyOf<QuotaBody>(item), w, q);
}

function span(from: string | undefined, to: string | undefined, w: SettingWords): string {
  return from === undefined && to === undefined ? w.policy.always : w.policy.span(from ?? '', to ?? '');
}

function scheme(s: SchemeBody, w: SettingWords, m: Catalogue): Described {
  return {
    title: s.name,
    facts: span(s.from, s.to, w),
    details: s.coefficients.map((c) => ({
      text: [
        `${word(m.carriers, c.carrier)} ${c.kgce} kgce/${c.unit}`,
        ...(c.density ? [`${c.density.kg_per_l} kg/L`] : []),
        ...(c.from === undefined ? [] : [c.from]),
      ].join(' · '),
      source: c.source,
    })),
  };
}

function factor(f: FactorBody, w: SettingWords, q: QuotaWords, m: Catalogue): Described {
  const where = f.region === undefined ? w.policy.everywhere : regionText(f.region, q.regions);
  return {
    title: `${word(m.carriers, f.carrier)} · ${where} · ${f.year ?? w.policy.anyYear}`,
    facts: [
      `${f.kg_co2} kgCO2/${f.unit}`,
      ...(f.density ? [`${f.density.kg_per_l} kg/L`] : []),
      word(q.series, f.series),
    ].join(' · '),
    details: [],
  };
}

function quota(r: QuotaBody, w: SettingWords, q: QuotaWords): Described {
  const names = r.metric === 'water_per_person' ? q.quota.valuesWater : q.quota.values;
  const values = (['leading', 'base', 'constraint'] as const).flatMap((key) => {
    const value = r.values[key];
    return value === null || value === undefined ? [] : [`${names[key]} ${value}`];
  });
  return {
    title: word(q.metrics, r.metric),
    facts: [...whom(r, w, q), `${values.join(q.and)} ${unitText(r.unit, q)}`.trim(), r.standard].join(' · '),
    details: [],
  };
}
