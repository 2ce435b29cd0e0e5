import { expect, test } from 'vitest';
import { ESTATE } from './estate.ts';
import { rig } from './rig.ts';

/** Who may ask for changes: the dashboard and programs, no page of another site. */
const ASKING: [who: string, headers: Record<string, string>, status: number][] = [
  ['another site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
  ['a sibling of the site', { 'sec-fetch-site': 'same-site', origin: 'https://a.example' }, 403],
  ['an old browser on another site', { origin: 'https://evil.example' }, 403],
  ['a sandboxed page', { origin: 'null' }, 403],
  ['the dashboard', { 'sec-fetch-site': 'same-origin', origin: 'http://localhost' }, 200],
  ['an old browser on the dashboard', { origin: 'http://localhost' }, 200],
  ['a program', {}, 200],
  ['a sign-in without a word of where it comes from', { cookie: 'a=b; jieneng=token' }, 403],
  ['a sign-in over TLS without a word', { cookie: '__Host-jieneng=token' }, 403],
];

test('a change is made for the dashboard and for programs, and for nobody else', async () => {
  const r = await rig(ESTATE);
  for (const [who, headers, status] of ASKING) {
    const response = await r.app.request('http://localhost/api/v1/quarantine/retry', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{}',
    });
    expect.soft(response.status, who).toBe(status);
  }
});

test('another site may look at nothing but may ask', async () => {
  const r = await rig(ESTATE);
  const response = await r.app.request('/api/v1/tree', { headers: { origin: 'https://evil.example' } });
  expect(response.status).toBe(200);
  expect(response.headers.get('access-control-allow-origin')).toBeNull();
});
