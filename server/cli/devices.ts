import { closeSync, existsSync, openSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { mosquittoHash } from '../access/devices-secret.ts';
import { readSettings, type Settings } from '../config.ts';
import type {
  Device,
  DeviceBody,
  DeviceMade,
  DeviceRules,
  Devices,
  DevicesMade,
  RotationBody,
} from '../http/schemas/devices.ts';
import type { Health } from '../http/schemas/health.ts';
import { type BrokerAccess, readBrokerAccess } from '../intake/access.ts';
import { good } from './answers.ts';
import type { Ask } from './client.ts';
import { type Context, collect, csvLine, query } from './context.ts';
import { Failure, Misuse } from './io.ts';

/** Readable by its owner alone: it holds secrets. */
const PRIVATE = 0o600;
/** Devices that are asked for at once. */
const PAGE = 1000;
/** For a password that a person chose; mosquitto reckons as often at each connection. */
const CHOSEN_ITERATIONS = 10_000;
const HOURS = { h: 1, d: 24 };

interface Added {
  gateway?: boolean;
  topic?: string[];
  name?: string;
  node?: string;
  meter?: string[];
  clientId?: string;
  expires?: string;
  by?: string;
  all?: string;
}

/** Credentials of what sends readings. */
export function addDeviceCommands(program: Command, context: Context): void {
  const { io, sub, withStore, data } = context;
  const device = sub(program, 'device', 'credentials of gateways and meters');
  const settings = (): Settings => {
    const given = data();
    return readSettings(io.environment, given === undefined ? {} : { JIENENG_DATA: given });
  };
  /** Where a device of this machine reaches the broker: as the server says, else as the settings do. */
  const broker = async (ask: Ask): Promise<URL> => {
    const health = await ask('GET', '/api/v1/health');
    const told = health.ok ? ((await health.json()) as Health).intake.address : null;
    const url = new URL(told ?? `mqtt://localhost:${settings().MQTT_PORT}`);
    if (['0.0.0.0', '[::]', '127.0.0.1'].includes(url.hostname)) url.hostname = 'localhost';
    return url;
  };
  /** Who we are at the external broker. */
  const ownAccess = (): BrokerAccess | null => {
    const of = settings();
    return of.MQTT_URL === undefined ? null : readBrokerAccess({ ...of, MQTT_URL: of.MQTT_URL });
  };

  sub(device, 'add', 'make a credential; its secret is printed once and kept nowhere')
    .argument('[id]', 'of the meter, or of the gateway with --gateway')
    .option('--gateway', 'the id is that of a gateway')
    .option(
      '--topic <filter>',
      'for a device of a payload profile: what it publishes to; may be repeated',
      collect,
    )
    .option('--name <name>', 'user name; without it the id')
    .option('--node <id>', 'it may report for the meters here and below')
    .option('--meter <id>', 'it may report for this meter; may be repeated', collect)
    .option('--client-id <id>', 'bound to it; without it to the first one that it comes with')
    .option('--expires <time>', 'until when it holds: date, or ISO 8601')
    .option('--by <name>', 'who makes it')
    .option('--all <file>', 'one for each gateway and meter that has none, into a new CSV file: name,secret')
    .action((id: string | undefined, o: Added) => {
      if (o.all !== undefined) {
        const file = resolve(io.cwd, o.all);
        return withStore(async (ask) => io.err(`${await addAll(ask, file)} devices, secrets in ${file}\n`));
      }
      const body = bodyOf(id, o);
      return withStore(async (ask) => {
        const made = (await (await good(await post(ask, '/api/v1/devices', body))).json()) as DeviceMade;
        await io.out(`user   ${made.device.name}\nsecret ${made.secret}\n`);
        io.err(publishing(made, await broker(ask)));
      });
    });

  sub(device, 'list', 'print them as CSV, without secrets').action(() =>
    withStore(async (ask) => {
      await io.out(
        'name,kind,subject,topics,node,meters,client_id,state,created_at,expires_at,old_until,seen_at,seen_from,connected\n',
      );
      for await (const d of listed(ask)) {
        const what = [d.name, d.kind, d.subject, d.topics.join(' '), d.node, d.meters.join(' '), d.client_id];
        const when = [d.state, d.created_at, d.expires_at, d.old_until, d.seen_at, d.seen_from];
        await io.out(csvLine([...what, ...when, String(d.connected)]));
      }
    }),
  );

  sub(device, 'rotate', 'give it a new secret, printed once')
    .argument('<name>', 'its user name')
    .option('--overlap <time>', 'how long the secret so far still holds: 12h, or 7d at most', hours, 0)
    .option('--expires <time>', "until when it holds from now on; 'never'")
    .option('--unbind', 'the device was exchanged: it may come with another client id')
    .action((name: string, o: { overlap: number; expires?: string; unbind?: boolean }) => {
      const body: RotationBody = { overlap_hours: o.overlap, unbind: o.unbind ?? false };
      if (o.expires !== undefined) body.expires_at = o.expires === 'never' ? null : o.expires;
      return withStore(async (ask) => {
        const answer = await good(await post(ask, `${path(name)}/rotation`, body));
        const { secret } = (await answer.json()) as DeviceMade;
        await io.out(`user   ${name}\nsecret ${secret}\n`);
      });
    });

  sub(device, 'revoke', 'cut it off, and let it in no more')
    .argument('<name>', 'its user name')
    .option('--by <name>', 'who revokes it')
    .action((name: string, o: { by?: string }) =>
      withStore(async (ask) => {
        await good(await ask('DELETE', `${path(name)}?${query({ by: o.by })}`));
        io.err(`${name} is revoked\n`);
      }),
    );

  sub(device, 'rules', 'who may do what, as files for an external broker')
    .addOption(new Option('--for <broker>', 'which').choices(['mosquitto', 'emqx']).makeOptionMandatory())
    .option('--user <name>', 'our own user there; without it that of MQTT_URL')
    .requiredOption('--out <dir>', 'directory that is there, for the files')
    .action((o: { for: string; user?: string; out: string }) =>
      withStore(async (ask) => {
        const own = ownAccess();
        const user = o.user ?? own?.username ?? 'jieneng';
        const answer = await good(await ask('GET', `/api/v1/device-rules?${query({ for: o.for, user })}`));
        const password = own?.username === user ? own.password : undefined;
        const directory = resolve(io.cwd, o.out);
        if (!existsSync(directory)) throw new Misuse(`${directory}: there is no such directory`);
        for (const { name, content } of ((await answer.json()) as DeviceRules).files) {
          const mine = name === 'passwords' && password !== undefined;
          const line = mine ? `${user}:${mosquittoHash(password, CHOSEN_ITERATIONS)}\n` : '';
          writePrivate(resolve(directory, name), line + content, 'w');
          io.err(`${resolve(directory, name)}\n`);
        }
        if (o.for === 'emqx' || password === undefined)
          io.err(`add the user ${user} with its password there\n`);
      }),
    );
}

function bodyOf(id: string | undefined, o: Added): DeviceBody {
  if ((id === undefined) === (o.topic === undefined)) {
    throw new Misuse('one of them: the id of a meter or gateway, --topic, or --all');
  }
  const of: DeviceBody = o.topic ? { topics: o.topic } : o.gateway ? { gateway: id } : { meter: id };
  return {
    ...of,
    name: o.name,
    node: o.node,
    meters: o.meter,
    client_id: o.clientId,
    expires_at: o.expires,
    by: o.by,
  };
}

/** A line that shows that it works. The client id is part of it: the credential is bound to the first one. */
function publishing({ device, secret }: DeviceMade, { protocol, hostname, port }: URL): string {
  const [topic = ''] = device.topics;
  if (/[+#]/.test(topic)) return '';
  const meter = device.meters[0] ?? 'METER';
  const payload = device.kind === 'gateway' ? `{"readings":[{"meter":"${meter}","value":1}]}` : '{"value":1}';
  const id = device.client_id ?? device.name;
  const isTls = protocol === 'mqtts:';
  const tls = isTls ? ' --cafile ca.pem' : '';
  const instead = [
    'what the meter shows in place of 1',
    ...(payload.includes('"METER"') ? ["the meter's id in place of METER"] : []),
    ...(isTls ? ["a name that the certificate bears for -h, its authority's file for --cafile"] : []),
  ];
  return (
    `mosquitto_pub -h ${hostname} -p ${port}${tls} -q 1 -i ${id} -u ${device.name} -P ${secret} -t '${topic}' -m '${payload}'\n` +
    `(with ${instead.join(', ')}; it is kept as a reading)\n`
  );
}

/** Written as they are made, so that no secret is lost with what comes after it. @returns how many */
async function addAll(ask: Ask, file: string): Promise<number> {
  // Before there is a secret: a file that cannot be written would lose it.
  writePrivate(file, 'name,secret\n', 'wx');
  let made = 0;
  for (let remaining = 1; remaining > 0; ) {
    const answer = await good(await post(ask, '/api/v1/devices/missing', {}));
    const { devices, remaining: left } = (await answer.json()) as DevicesMade;
    writePrivate(file, devices.map((d) => csvLine([d.name, d.secret])).join(''), 'a');
    made += devices.length;
    remaining = devices.length > 0 ? left : 0;
  }
  return made;
}

async function* listed(ask: Ask): AsyncGenerator<Device> {
  for (let offset = 0; ; offset += PAGE) {
    const answer = await good(await ask('GET', `/api/v1/devices?limit=${PAGE}&offset=${offset}`));
    const { devices, total } = (await answer.json()) as Devices;
    yield* devices;
    if (offset + PAGE >= total) return;
  }
}

function writePrivate(file: string, content: string, flags: 'w' | 'wx' | 'a'): void {
  let fd: number;
  try {
    fd = openSync(file, flags, PRIVATE);
  } catch (error) {
    throw new Failure(`${file}: ${(error as Error).message}`);
  }
  try {
    writeSync(fd, content);
  } finally {
    closeSync(fd);
  }
}

function hours(text: string): number {
  const [, count, unit] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  const value = Number(count) * HOURS[unit as 'h' | 'd'];
  if (!(value >= 0 && value <= 7 * HOURS.d))
    throw new InvalidArgumentError('It must be 0h to 168h, or 0d to 7d.');
  return value;
}

function path(name: string): string {
  return `/api/v1/devices/${encodeURIComponent(name)}`;
}

function post(ask: Ask, target: string, body: object): Promise<Response> {
  return ask('POST', target, { type: 'application/json', content: JSON.stringify(body) });
}
