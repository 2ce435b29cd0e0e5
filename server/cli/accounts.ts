import { type Command, Option } from 'commander';
import { ROLES } from '../domain/access.ts';
import type { GrantShown, OneTimePassword, People, Person, SetupLink } from '../http/schemas/access.ts';
import { good } from './answers.ts';
import type { Ask } from './client.ts';
import { type Context, csvLine } from './context.ts';
import { Failure } from './io.ts';

const PATH = '/api/v1/people';

/** Commands about accounts: what an administrator does in the dashboard, and what is left to the owner of the machine. */
export function addAccountCommands(program: Command, { io, sub, withStore }: Context): void {
  const account = sub(program, 'account', 'who may sign in, and as what');
  sub(account, 'list', 'print everybody who has an account, as CSV').action(() =>
    withStore(async (ask) => {
      await io.out('account,name,state,second_factor,signed_in_at,roles\n');
      for (const p of await everybody(ask)) {
        const state = p.disabled ? 'disabled' : p.must_change ? 'must_change' : 'open';
        const roles = p.grants.map(shown).join(' ');
        const factor = p.second_factor ? 'yes' : 'no';
        await io.out(csvLine([p.account, p.name, state, factor, p.signed_in_at, roles]));
      }
    }),
  );
  sub(account, 'add', 'open an account; prints its password for the first sign-in')
    .argument('<account>', 'the name to sign in with')
    .requiredOption('--name <name>', 'as it stands beside what they enter')
    .addOption(role())
    .option('--node <id>', 'the role holds there and below; without it everywhere')
    .action((name: string, o: { name: string; role?: string; node?: string }) =>
      withStore(async (ask) => {
        const made = await send<OneTimePassword>(ask, 'POST', PATH, { account: name, name: o.name });
        if (o.role !== undefined) await grant(ask, made.person, o.role, o.node, true);
        await io.out(`${made.one_time_password}\n`);
      }, true),
    );
  sub(account, 'reset', 'print a new password for the next sign-in; all sign-ins and tokens end')
    .argument('<account>', 'account')
    .option('--second-factor', 'remove the second factor too')
    .action((name: string, o: { secondFactor?: boolean }) =>
      withStore(async (ask) => {
        const { id } = await one(ask, name);
        if (o.secondFactor) await good(await ask('DELETE', `${PATH}/${id}/factor`));
        const { one_time_password } = await send<OneTimePassword>(ask, 'POST', `${PATH}/${id}/password`);
        await io.out(`${one_time_password}\n`);
      }),
    );
  for (const [word, disabled, what] of [
    ['disable', true, 'close an account; its sign-ins end'],
    ['enable', false, 'open a closed account again'],
  ] as const) {
    sub(account, word, what)
      .argument('<account>', 'account')
      .action((name: string) =>
        withStore(async (ask) => {
          await send(ask, 'PUT', `${PATH}/${(await one(ask, name)).id}`, { disabled });
        }),
      );
  }
  for (const [word, isGiven, what] of [
    ['grant', true, 'give somebody a role'],
    ['revoke', false, 'take a role from somebody'],
  ] as const) {
    sub(account, word, what)
      .argument('<account>', 'account')
      .addOption(role().makeOptionMandatory())
      .option('--node <id>', 'the role holds there and below; without it everywhere')
      .action((name: string, o: { role: string; node?: string }) =>
        withStore(async (ask) => {
          const grants = await grant(ask, await one(ask, name), o.role, o.node, isGiven);
          io.err(`${name}: ${grants.map(shown).join(', ') || 'no role'}\n`);
        }),
      );
  }
  sub(account, 'setup-link', 'print where the first administrators are made, while there are none').action(
    () =>
      withStore(async (ask) => {
        const { path, until } = await send<SetupLink>(ask, 'POST', '/api/v1/setup/link');
        io.err(`until ${until}, behind the address of the dashboard:\n`);
        await io.out(`${path}\n`);
      }, true),
  );
}

function role(): Option {
  return new Option('--role <role>', 'role').choices(ROLES);
}

function shown({ role, node }: GrantShown): string {
  return node === null ? role : `${role}@${node}`;
}

async function everybody(ask: Ask): Promise<Person[]> {
  const { people } = (await (await good(await ask('GET', PATH))).json()) as People;
  return people;
}

async function one(ask: Ask, account: string): Promise<Person> {
  const person = (await everybody(ask)).find((p) => p.account === account);
  if (!person) throw new Failure(`no account ${JSON.stringify(account)}`);
  return person;
}

async function grant(
  ask: Ask,
  person: Person,
  role: string,
  node: string | undefined,
  isGiven: boolean,
): Promise<GrantShown[]> {
  const place = node ?? null;
  const others = person.grants.filter((g) => g.role !== role || g.node !== place);
  const grants = [
    ...others.map(({ role, node }) => ({ role, node })),
    ...(isGiven ? [{ role, node: place }] : []),
  ];
  if (!isGiven && others.length === person.grants.length) {
    throw new Failure(`${person.account} does not have that role there`);
  }
  return (await send<Person>(ask, 'PUT', `${PATH}/${person.id}/grants`, { grants })).grants;
}

async function send<T>(ask: Ask, method: string, path: string, body?: object): Promise<T> {
  const content = body && { type: 'application/json', content: JSON.stringify(body) };
  return (await (await good(await ask(method, path, content))).json()) as T;
}
