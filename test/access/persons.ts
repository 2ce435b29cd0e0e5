import type { Access } from '../../server/access/access.ts';
import type { Grant, Identity } from '../../server/domain/access.ts';
import { type AppSettings, createApp } from '../../server/http/app.ts';
import type { Rig } from '../http/rig.ts';

const HEADER = 'x-test-person';

/** Takes everybody for whom a header names; without it nobody is signed in. */
const byHeader: Access = {
  isSetUp: () => true,
  identify: (headers) => {
    const said = headers.get(HEADER);
    return said === null ? null : (JSON.parse(decodeURIComponent(said)) as Identity);
  },
};

export const OPERATOR: Identity = { kind: 'operator' };

export function person(grants: readonly Grant[], name = 'Zhang San', id = 'p1'): Identity {
  return { kind: 'person', id, name, session: 's1', grants, mustChange: false };
}

/** Asks as somebody, or as nobody; the application over the rooms of a rig, which itself goes on as the operator. */
export type Ask = (who: Identity | null, path: string, init?: RequestInit) => Promise<Response>;

export function asking(r: Rig, settings: AppSettings = {}): Ask {
  const app = createApp({ ...r.deps, access: byHeader }, settings);
  return async (who, path, init = {}) => {
    const headers = new Headers(init.headers);
    if (who) headers.set(HEADER, encodeURIComponent(JSON.stringify(who)));
    return app.request(path, { ...init, headers });
  };
}
