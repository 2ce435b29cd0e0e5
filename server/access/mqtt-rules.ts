import type { StoredDevice } from '../catalogue/devices.ts';
import { topicsOf } from '../domain/device.ts';

export const RULE_FORMATS = ['mosquitto', 'emqx'] as const;
export type RuleFormat = (typeof RULE_FORMATS)[number];

export interface RuleFile {
  name: string;
  content: string;
}

export interface RulesOf {
  devices: readonly StoredDevice[];
  /** The intake's own user at that broker, and the topic filters that it reads and writes. */
  intake: { user: string; read: readonly string[]; write: readonly string[] };
  /** epoch ms */
  now: number;
}

/**
 * What an external broker is to know of the devices: who may sign in, and what for. Revoked and expired ones are not
 * in it. Client ids are not bound there, and of two secrets only the newer one holds: neither broker can do either.
 * Devices read nothing; who waits for answers needs a line of its own.
 */
export function rulesFor(format: RuleFormat, of: RulesOf): RuleFile[] {
  const { devices, now } = of;
  const inForce = devices.filter(
    (d) => d.revokedAt === null && (d.expiresAt === null || d.expiresAt > now) && d.name !== of.intake.user,
  );
  // A profile may name any topic; one of two lines would bring a rule of its own into the file.
  const read = of.intake.read.filter(isOneLine);
  const write = of.intake.write.filter(isOneLine);
  const own = { ...of, intake: { ...of.intake, read, write } };
  return format === 'mosquitto' ? mosquitto(inForce, own) : emqx(inForce, own);
}

function isOneLine(topic: string): boolean {
  return !/\p{Cc}/u.test(topic);
}

/** acl_file and password_file of mosquitto 2: whoever is not named in the first may do nothing. */
function mosquitto(devices: readonly StoredDevice[], { intake }: RulesOf): RuleFile[] {
  const blocks = devices.map((device) =>
    [`user ${device.name}`, ...topicsOf(device).map((topic) => `topic write ${topic}`)].join('\n'),
  );
  const own = [
    `user ${intake.user}`,
    ...intake.read.map((topic) => `topic read ${topic}`),
    ...intake.write.map((topic) => `topic write ${topic}`),
  ];
  return [
    { name: 'acl', content: `${[own.join('\n'), ...blocks].join('\n\n')}\n` },
    { name: 'passwords', content: devices.map((d) => `${d.name}:${d.brokerHash}\n`).join('') },
  ];
}

/**
 * acl.conf of EMQX 5, in Erlang terms, and users for its built-in database: password_hash_algorithm sha256,
 * salt_position disable.
 */
function emqx(devices: readonly StoredDevice[], { intake }: RulesOf): RuleFile[] {
  const quoted = (text: string): string => JSON.stringify(text);
  const list = (topics: readonly string[]): string => `[${topics.map(quoted).join(', ')}]`;
  const rules = [
    `{allow, {username, ${quoted(intake.user)}}, subscribe, ${list(intake.read)}}.`,
    `{allow, {username, ${quoted(intake.user)}}, publish, ${list(intake.write)}}.`,
    ...devices.map((d) => `{allow, {username, ${quoted(d.name)}}, publish, ${list(topicsOf(d))}}.`),
    '{deny, all}.',
  ];
  const users = devices.map((d) => `${d.name},${d.hash},,false\n`);
  return [
    { name: 'acl.conf', content: `${rules.join('\n')}\n` },
    { name: 'users.csv', content: `user_id,password_hash,salt,is_superuser\n${users.join('')}` },
  ];
}
