import type { Permission } from '../domain/access.ts';
import type { FilingAction } from '../domain/filing.ts';
import type { PolicyKind } from '../domain/policy.ts';

/** Who may ask for a route. */
export interface Rule {
  /** `anyone`: no sign-in, also before set-up; `signed_in`: everybody who is, whatever they may. */
  needs: Permission | 'anyone' | 'signed_in';
  /** The permission must be held on everything, because what the route does knows no node. */
  whole?: true;
}

/**
 * The one list of who may ask for what, by method and path as the OpenAPI document writes them. A route that is
 * not in it is refused. A HEAD is asked for as its GET. Where the permission is held on a part of the tree, the
 * route sees that part only: the rest does not exist for it.
 */
export const RULES: Readonly<Record<string, Rule>> = {
  'GET /api/v1/openapi.json': { needs: 'signed_in' },
  'GET /api/v1/health/live': { needs: 'anyone' },
  'GET /api/v1/health/ready': { needs: 'anyone' },
  'GET /metrics': { needs: 'operate' },
  'GET /api/v1/operations': { needs: 'operate' },
  'GET /api/v1/audit': { needs: 'audit', whole: true },
  'GET /api/v1/audit/export': { needs: 'audit', whole: true },
  'POST /api/v1/audit/verification': { needs: 'audit', whole: true },
  'POST /api/v1/backup': { needs: 'operate', whole: true },
  'GET /api/v1/balance': { needs: 'read' },
  'GET /api/v1/batches': { needs: 'read' },
  'POST /api/v1/batches': { needs: 'manage' },
  'GET /api/v1/batches/{id}': { needs: 'read' },
  'DELETE /api/v1/batches/{id}': { needs: 'manage' },
  'GET /api/v1/batches/{id}/archive': { needs: 'read' },
  'GET /api/v1/book': { needs: 'read' },
  'POST /api/v1/book/attachments': { needs: 'manage' },
  'GET /api/v1/book/attachments/{no}': { needs: 'read' },
  'DELETE /api/v1/book/attachments/{no}': { needs: 'manage' },
  'GET /api/v1/book/bills': { needs: 'read' },
  'PUT /api/v1/book/bills/explanation': { needs: 'manage' },
  'PUT /api/v1/book/entries': { needs: 'manage' },
  'GET /api/v1/book/history': { needs: 'read' },
  'POST /api/v1/book/import': { needs: 'manage' },
  'GET /api/v1/book/months': { needs: 'read' },
  'GET /api/v1/book/template': { needs: 'read' },
  'GET /api/v1/checks': { needs: 'read' },
  'GET /api/v1/comparison': { needs: 'read' },
  'GET /api/v1/compliance': { needs: 'read' },
  'GET /api/v1/consumption': { needs: 'read' },
  'GET /api/v1/estate': { needs: 'meter' },
  'PUT /api/v1/estate': { needs: 'meter', whole: true },
  'GET /api/v1/explanations': { needs: 'read' },
  'POST /api/v1/explanations': { needs: 'manage' },
  'POST /api/v1/explanations/{id}/review': { needs: 'supervise' },
  'GET /api/v1/filings': { needs: 'read' },
  'GET /api/v1/filings/reminders': { needs: 'read' },
  'GET /api/v1/filings/{id}': { needs: 'read' },
  'POST /api/v1/filings/{id}/explanations': { needs: 'manage' },
  'GET /api/v1/filings/{id}/reports/{kind}': { needs: 'read' },
  'GET /api/v1/filings/{id}/revision': { needs: 'read' },
  'POST /api/v1/filings/{id}/steps': { needs: 'manage' },
  'GET /api/v1/findings': { needs: 'read' },
  'GET /api/v1/forecast': { needs: 'read' },
  'GET /api/v1/forms': { needs: 'read' },
  'GET /api/v1/ground': { needs: 'read' },
  'GET /api/v1/health': { needs: 'tree' },
  'GET /api/v1/indicators': { needs: 'read' },
  'GET /api/v1/indicators/parts': { needs: 'read' },
  'GET /api/v1/live': { needs: 'read' },
  'GET /api/v1/load-profile': { needs: 'read' },
  'GET /api/v1/meters': { needs: 'read' },
  'GET /api/v1/meters/{id}': { needs: 'read' },
  'POST /api/v1/meters/{id}/ceiling': { needs: 'meter' },
  'POST /api/v1/meters/{id}/estimates': { needs: 'meter' },
  'POST /api/v1/meters/{id}/exchanges': { needs: 'meter' },
  'DELETE /api/v1/meters/{id}/exchanges': { needs: 'meter' },
  'POST /api/v1/meters/{id}/manual-readings': { needs: 'meter' },
  'GET /api/v1/meters/{id}/statements': { needs: 'read' },
  'POST /api/v1/meters/{id}/statements/{no}/withdraw': { needs: 'meter' },
  'GET /api/v1/nodes/{id}/attributes': { needs: 'read' },
  'PUT /api/v1/nodes/{id}/attributes/{name}': { needs: 'manage' },
  'PUT /api/v1/nodes/{id}/classification': { needs: 'supervise' },
  'GET /api/v1/plans': { needs: 'read' },
  'PUT /api/v1/plans/{node}/{year}': { needs: 'manage' },
  'GET /api/v1/policy': { needs: 'read' },
  'PUT /api/v1/policy': { needs: 'supervise', whole: true },
  'GET /api/v1/policy/{kind}': { needs: 'read' },
  'GET /api/v1/policy/{kind}/{id}': { needs: 'read' },
  'PUT /api/v1/policy/{kind}/{id}': { needs: 'manage' },
  'DELETE /api/v1/policy/{kind}/{id}': { needs: 'manage' },
  'GET /api/v1/policy/{kind}/{id}/history': { needs: 'read' },
  'GET /api/v1/profiles': { needs: 'read' },
  'POST /api/v1/profiles/test': { needs: 'meter' },
  'PUT /api/v1/profiles/{id}': { needs: 'meter', whole: true },
  'GET /api/v1/publicity': { needs: 'read' },
  'GET /api/v1/quarantine': { needs: 'meter' },
  'POST /api/v1/quarantine/retry': { needs: 'meter' },
  'GET /api/v1/quotas': { needs: 'read' },
  'GET /api/v1/ranking': { needs: 'read' },
  'GET /api/v1/readings': { needs: 'read' },
  'POST /api/v1/readings': { needs: 'meter' },
  'GET /api/v1/reports/{kind}': { needs: 'read' },
  'GET /api/v1/revisions': { needs: 'read' },
  'GET /api/v1/shares': { needs: 'read' },
  'GET /api/v1/summary': { needs: 'read' },
  'GET /api/v1/targets': { needs: 'read' },
  'GET /api/v1/targets/{id}': { needs: 'read' },
  'PUT /api/v1/targets/{id}': { needs: 'supervise' },
  'DELETE /api/v1/targets/{id}': { needs: 'supervise' },
  'POST /api/v1/targets/{id}/split': { needs: 'supervise' },
  'GET /api/v1/tree': { needs: 'tree' },
  'POST /api/v1/verify': { needs: 'operate', whole: true },
  'GET /api/v1/waterfall': { needs: 'read' },
};

/**
 * What each kind of policy needs at the node that an item is of, and on everything where it is of none: what an
 * institution says of itself, and what its bureau decides.
 */
export const POLICY_NEEDS: Readonly<Record<PolicyKind, 'manage' | 'supervise'>> = {
  scheme: 'supervise',
  factor: 'supervise',
  setting: 'supervise',
  quota: 'supervise',
  explanation: 'supervise',
  target: 'supervise',
  plan: 'manage',
  deadline: 'supervise',
  limit: 'supervise',
  price: 'supervise',
  evidence: 'manage',
  institution: 'manage',
  billing_account: 'manage',
  vehicle: 'manage',
};

/** What each step of a filing needs: the institution's at its node, the bureau's at a node above it. */
export const FILING_NEEDS: Readonly<Record<FilingAction, 'manage' | 'supervise'>> = {
  submit: 'manage',
  return: 'supervise',
  accept: 'supervise',
  publish: 'supervise',
};
