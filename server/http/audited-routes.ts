/** Words of the trail for what makes no change of the catalogue; the others are made of their route. */
export const ACTIONS: Readonly<Record<string, string>> = {
  'POST /api/v1/session': 'sign_in',
  'POST /api/v1/session/second-factor': 'sign_in.second_factor',
  'POST /api/v1/session/demo': 'sign_in.demo',
  'DELETE /api/v1/session': 'sign_out',
  'DELETE /api/v1/sessions': 'sign_out.everywhere',
  'PUT /api/v1/session/password': 'password.change',
  'POST /api/v1/session/factor': 'second_factor.begin',
  'PUT /api/v1/session/factor': 'second_factor.confirm',
  'POST /api/v1/session/factor/removal': 'second_factor.remove',
  'POST /api/v1/session/factor/codes': 'second_factor.codes',
  'DELETE /api/v1/sessions/{id}': 'sign_out.elsewhere',
  'POST /api/v1/setup': 'set_up',
  'POST /api/v1/setup/link': 'set_up.link',
  'POST /api/v1/people': 'account.create',
  'PUT /api/v1/people/{id}': 'account.change',
  'PUT /api/v1/people/{id}/grants': 'grant',
  'POST /api/v1/people/{id}/password': 'account.new_password',
  'DELETE /api/v1/people/{id}/factor': 'account.remove_factor',
  'DELETE /api/v1/people/{id}/sessions': 'account.sign_out',
  'POST /api/v1/tokens': 'token.create',
  'DELETE /api/v1/tokens/{id}': 'token.revoke',
  'POST /api/v1/devices': 'device.create',
  'POST /api/v1/devices/missing': 'device.create_missing',
  'POST /api/v1/devices/{name}/rotation': 'device.rotate',
  'DELETE /api/v1/devices/{name}': 'device.revoke',
  'PUT /api/v1/estate': 'estate.apply',
  'PUT /api/v1/policy': 'policy.apply',
  'POST /api/v1/readings': 'import.readings',
  'POST /api/v1/quarantine/retry': 'quarantine.retry',
  'POST /api/v1/backup': 'backup',
  'POST /api/v1/verify': 'verify.recompute',
  'POST /api/v1/audit/verification': 'audit.verify',
  'POST /api/v1/batches': 'batch.create',
  'DELETE /api/v1/batches/{id}': 'batch.delete',
  'GET /api/v1/audit': 'audit.read',
  'GET /api/v1/audit/export': 'export.audit',
  'GET /api/v1/device-rules': 'export.device_rules',
  'GET /api/v1/book/attachments/{no}': 'export.attachment',
  'GET /api/v1/book/template': 'export.book',
  'GET /api/v1/filings/{id}/reports/{kind}': 'export.report',
  'GET /api/v1/reports/{kind}': 'export.report',
  'GET /api/v1/batches/{id}/archive': 'export.batch',
};

/** Is written down whatever else there is. */
export const ALWAYS: ReadonlySet<string> = new Set([
  'POST /api/v1/setup',
  'GET /api/v1/audit',
  'GET /api/v1/audit/export',
  'GET /api/v1/device-rules',
  'GET /api/v1/book/attachments/{no}',
  'POST /api/v1/backup',
]);

/** Changes nothing although its method says that it may. */
export const CHANGES_NOTHING: ReadonlySet<string> = new Set(['POST /api/v1/profiles/test']);

/** Readings are taken whatever becomes of the trail; a sign-in that ends must be able to. */
export const GOES_ON: ReadonlySet<string> = new Set(['POST /api/v1/readings', 'DELETE /api/v1/session']);

/** Bodies that hold what nobody may see, under names that do not say so. */
export const NO_BODY = /\/(session|sessions|setup|tokens)(\/|$)/;

/** `POST /api/v1/meters/{id}/exchanges` → `post.meters.exchanges`, `GET /api/v1/estate` → `export.estate`. */
export function actionOf(route: string): string {
  const [method = '', path = ''] = route.split(' ');
  const words = path
    .replace(/^\/(api\/v1\/)?/, '')
    .split('/')
    .filter((part) => part !== '' && !part.startsWith('{'));
  const verb = method === 'GET' || method === 'HEAD' ? 'export' : method.toLowerCase();
  return [verb, ...words].join('.');
}
