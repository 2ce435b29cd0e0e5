import { type Command, InvalidArgumentError } from 'commander';
import { POLICY_KINDS } from '../domain/policy.ts';
import type { PolicyApplied, PolicyList } from '../http/schemas/policy.ts';
import { copyOut, good } from './answers.ts';
import { type Context, csvLine } from './context.ts';
import { readAll } from './io.ts';

/** What people decide: schemes, factors, settings, quotas, targets … */
export function addPolicyCommands(program: Command, { io, sub, withStore }: Context): void {
  const policy = sub(program, 'policy', 'schemes, factors, settings, quotas, targets: shipped and own');
  sub(policy, 'list', 'print the items of a kind as CSV')
    .argument('<kind>', POLICY_KINDS.join(', '), kindOf)
    .action((kind: string) =>
      withStore(async (ask) => {
        const answer = await good(await ask('GET', `/api/v1/policy/${kind}`));
        const { items } = (await answer.json()) as PolicyList;
        await io.out('kind,id,name,origin,replaces,changes,changed_at,changed_by\n');
        for (const i of items) {
          const name = typeof i.body.name === 'string' ? i.body.name : null;
          const changed = [i.changes, i.changed_at, i.changed_by];
          await io.out(csvLine([i.kind, i.id, name, i.origin, String(i.replaces), ...changed]));
        }
      }),
    );
  sub(policy, 'apply', 'create or change what the file names; all errors at once, all or nothing')
    .argument('<file>', "policy file, YAML or JSON; '-' reads stdin")
    .action((file: string) =>
      withStore(async (ask) => {
        const content = await readAll(file, io);
        const answer = await ask('PUT', '/api/v1/policy', { type: 'application/yaml', content });
        const done = (await (await good(answer)).json()) as PolicyApplied;
        io.err(`${done.created} created, ${done.updated} updated, ${done.unchanged} unchanged\n`);
      }, true),
    );
  sub(policy, 'export', 'print the own items as a policy file').action(() =>
    withStore(async (ask) => copyOut(await good(await ask('GET', '/api/v1/policy')), io)),
  );
}

function kindOf(text: string): string {
  if (POLICY_KINDS.some((kind) => kind === text)) return text;
  throw new InvalidArgumentError(`It must be one of ${POLICY_KINDS.join(', ')}.`);
}
