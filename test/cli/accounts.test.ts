import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { directory } from '../support/directory.ts';
import { startServer } from '../support/server.ts';
import { jieneng } from './jieneng.ts';

const ESTATE = JSON.stringify({ version: 1, nodes: [{ id: 'gov', name: '示例', kind: 'institution' }] });

test('the owner of the data directory opens accounts, gives roles and helps who is locked out', async () => {
  const data = directory();
  const server = await startServer(data, { MQTT_PORT: '0' });
  const run = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await jieneng(data, ['account', ...args]);
    expect([code, err], args.join(' ')).toEqual([0, expect.any(String)]);
    return out;
  };
  const signIn = async (account: string, password: string): Promise<{ status: number; state?: string }> => {
    const answer = await fetch(`${server.url}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ account, password }),
    });
    const { state } = (await answer.json()) as { state?: string };
    return { status: answer.status, ...(state && { state }) };
  };
  try {
    const file = join(data, 'estate.json');
    writeFileSync(file, ESTATE);
    expect((await jieneng(data, ['estate', 'apply', file])).code).toBe(0);
    const link = await run('setup-link');
    expect(link).toMatch(/^\/setup#[\w-]{43}\n$/);

    const password = (
      await run('add', 'zhang', '--name', '张三', '--role', 'viewer', '--node', 'gov')
    ).trim();
    expect(await signIn('zhang', password)).toEqual({ status: 200, state: 'must_change' });
    await run('grant', 'zhang', '--role', 'energy_manager', '--node', 'gov');
    await run('revoke', 'zhang', '--role', 'viewer', '--node', 'gov');
    const list = (await run('list')).split('\n');
    expect(list[0]).toBe('account,name,state,second_factor,signed_in_at,roles');
    expect(list[1]).toMatch(/^zhang,张三,must_change,no,2\d{3}-[^,]+,energy_manager@gov$/);

    await run('disable', 'zhang');
    expect(await signIn('zhang', password)).toEqual({ status: 401 });
    await run('enable', 'zhang');
    const next = (await run('reset', 'zhang', '--second-factor')).trim();
    expect(await signIn('zhang', password)).toEqual({ status: 401 });
    expect(await signIn('zhang', next)).toEqual({ status: 200, state: 'must_change' });

    const failed = async (...args: string[]): Promise<string> => {
      const { code, err } = await jieneng(data, ['account', ...args]);
      expect(code, args.join(' ')).toBe(1);
      return err;
    };
    expect(await failed('reset', 'nobody')).toContain('no account "nobody"');
    expect(await failed('grant', 'zhang', '--role', 'viewer', '--node', 'away')).toContain('no node "away"');
    expect(await failed('revoke', 'zhang', '--role', 'viewer')).toContain('does not have that role');
    expect(await failed('add', 'Zhang', '--name', '另一个')).toContain('there is an account "zhang" already');
    expect(await failed('setup-link')).toContain('the set-up is done');
  } finally {
    await server.stop();
  }
}, 180_000);
