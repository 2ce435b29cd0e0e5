/** The bodies of policy items as the server shows and takes them; see `server/catalogue/policy-kinds/`. */
import type { Source } from '../../../../server/domain/scheme.ts';
import type { PolicyItem } from '../../../../server/http/schemas/policy.ts';

export interface CoefficientBody {
  carrier: string;
  unit: string;
  kgce: number;
  from?: string;
  density?: { kg_per_l: number; source: Source };
  source: Source;
}

export interface SchemeBody {
  name: string;
  from?: string;
  to?: string;
  coefficients: CoefficientBody[];
  source: Source;
}

export interface FactorBody {
  carrier: string;
  unit: string;
  kg_co2: number;
  density?: { kg_per_l: number; source: Source };
  region?: string;
  year?: number;
  series: string;
  source: Source;
}

/** Something that is measured apart and not counted. */
export interface ExclusionBody {
  what: string;
  items?: string[];
  nodes?: string[];
  meters_by?: string;
  nodes_by?: string;
  area?: string;
}

export interface CorrectionBody {
  kind: 'use_hours' | 'density';
  base: number;
  on: boolean;
  source: Source;
}

export interface QuotaBody {
  standard: string;
  metric: string;
  regions?: string[];
  types?: string[];
  levels?: string[];
  zones?: string[];
  variant?: string;
  unit: string;
  scheme?: string;
  values: { constraint: number; base?: number | null; leading?: number | null };
  from?: string;
  to?: string;
  exclusions?: ExclusionBody[];
  corrections?: CorrectionBody[];
  source: Source;
}

export interface SettingBody {
  name: string;
  node?: string;
  values: string[];
}

/** The caller names the shape: it is that of the item's kind. */
export function bodyOf<T>(item: PolicyItem): T {
  return item.body as T;
}

export type TableKind = 'scheme' | 'factor' | 'quota';
export const CONFIDENCE_ORDER = ['verified', 'derived', 'unconfirmed'] as const;
export type { Source };
