import type { Rig } from './rig.ts';

type Request = [string, RequestInit?];
const post = (body: unknown): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
});

/** The credential of a meter that has one by now. */
function named(r: Rig): string {
  const rest = { topics: [], below: null, meters: [], clientId: null, expiresAt: null };
  const known = r.deps.devices.get('gov-main');
  if (known?.revokedAt !== null) r.deps.devices.add({ kind: 'meter', subject: 'gov-main', ...rest }, 'me');
  return '/api/v1/devices/gov-main';
}

/** One good request for each route of devices. */
export const DEVICE_REQUESTS: Record<string, (r: Rig) => Request | Promise<Request>> = {
  'GET /api/v1/devices': () => ['/api/v1/devices?state=in_force&limit=10'],
  'POST /api/v1/devices': () => ['/api/v1/devices', post({ meter: 'gov-cool', name: 'of-gov-cool' })],
  'POST /api/v1/devices/missing': () => ['/api/v1/devices/missing', { method: 'POST' }],
  'GET /api/v1/devices/{name}': (r) => [named(r)],
  'POST /api/v1/devices/{name}/rotation': (r) => [`${named(r)}/rotation`, post({ overlap_hours: 24 })],
  'DELETE /api/v1/devices/{name}': (r) => [named(r), { method: 'DELETE' }],
  'GET /api/v1/device-rules': () => ['/api/v1/device-rules?for=mosquitto'],
};

export const DEVICE_STATUS: Record<string, number> = {
  'POST /api/v1/devices': 201,
  'POST /api/v1/devices/missing': 201,
};
