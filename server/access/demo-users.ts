import type { Grant, Role } from '../domain/access.ts';
import { type AccountsMirror, DEMO_PREFIX } from './accounts-mirror.ts';
import { newPerson } from './accounts-people.ts';
import { NO_PASSWORD } from './sign-in.ts';

/** Somebody of the demonstration; `node` null: on everything. */
export interface DemoUser {
  user: string;
  name: string;
  role: Role;
  node: string | null;
}

/** One of each role. @param nodes of the demonstration's estate */
export function demoUsers(nodes: { institution: string; city: string }): DemoUser[] {
  const { institution, city } = nodes;
  return [
    { user: 'manager', name: '张能管', role: 'energy_manager', node: institution },
    { user: 'engineer', name: '李计量', role: 'metering_engineer', node: institution },
    { user: 'supervisor', name: '王监督', role: 'supervisor', node: city },
    { user: 'viewer', name: '赵查阅', role: 'viewer', node: institution },
    { user: 'system', name: '陈系统', role: 'system_admin', node: null },
    { user: 'security', name: '刘安全', role: 'security_admin', node: null },
    { user: 'audit', name: '孙审计', role: 'audit_admin', node: null },
  ];
}

/** Puts them into the catalogue, as they are told; they have no password. */
export function putDemoUsers(mirror: AccountsMirror, users: readonly DemoUser[], now: number): void {
  mirror.change((write, state) => {
    for (const { user, name, role, node } of users) {
      const id = `${DEMO_PREFIX}${user}`;
      const grants: Grant[] = [{ role, node }];
      if (!state.people.some((p) => p.id === id)) {
        write.addPerson(newPerson(id, `demo.${user}`, name, NO_PASSWORD, false, now));
      }
      write.setPerson(id, { name, disabled: false });
      write.setGrants(id, grants, 'demo', now);
    }
  });
}
