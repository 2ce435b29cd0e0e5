import type { PolicyBodies, PolicyKind } from '../../domain/policy.ts';
import { billingAccountKind } from './billing-account.ts';
import { deadlineKind } from './deadline.ts';
import { evidenceKind } from './evidence.ts';
import { explanationKind } from './explanation.ts';
import { factorKind } from './factor.ts';
import { institutionKind } from './institution.ts';
import type { PolicyKindOf } from './kind.ts';
import { limitKind } from './limit.ts';
import { planKind } from './plan.ts';
import { priceKind } from './price.ts';
import { quotaKind } from './quota.ts';
import { schemeKind } from './scheme.ts';
import { settingKind } from './setting.ts';
import { targetKind } from './target.ts';
import { vehicleKind } from './vehicle.ts';

/** How each kind of policy is read, shown and checked. */
export const KINDS: { readonly [K in PolicyKind]: PolicyKindOf<PolicyBodies[K]> } = {
  scheme: schemeKind,
  factor: factorKind,
  setting: settingKind,
  quota: quotaKind,
  explanation: explanationKind,
  target: targetKind,
  plan: planKind,
  deadline: deadlineKind,
  limit: limitKind,
  price: priceKind,
  evidence: evidenceKind,
  institution: institutionKind,
  billing_account: billingAccountKind,
  vehicle: vehicleKind,
};
