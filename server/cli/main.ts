import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommanderError } from 'commander';
import { pino } from 'pino';
import { CATALOGUE_FILE } from '../backup.ts';
import { compose } from '../compose.ts';
import { readSettings, SettingsError } from '../config.ts';
import { asOperator } from '../http/authorise.ts';
import { answers, DirectoryInUse, demandOwn, lockDirectory, socketPath } from '../lock.ts';
import { createLog } from '../operations/log.ts';
import { askApp, askSocket } from './client.ts';
import type { Connect } from './context.ts';
import { Failure, type Io, Misuse } from './io.ts';
import { buildProgram } from './program.ts';

/** `npm run jieneng -- COMMAND`: exit 0 done, 1 failed, 2 misused; messages on stderr, data on stdout. */
const packageFile = new URL('../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(packageFile, 'utf8')) as { version: string };
/** A server that is starting holds the lock before it answers. */
const STARTING_MS = 15_000;

// What a command writes, such as a backup, is for its owner alone.
process.umask(0o077);

const io: Io = {
  out: (text) =>
    new Promise((resolve, reject) =>
      process.stdout.write(text, (error) => (error ? reject(error) : resolve())),
    ),
  err: (text) => void process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
  stdin: process.stdin,
  cwd: process.cwd(),
  environment: process.env,
};

const connect: Connect = async (data, create) => {
  const settings = readSettings(process.env, data === undefined ? {} : { JIENENG_DATA: data });
  const socket = socketPath(settings.JIENENG_DATA);
  const elsewhere = settings.DATABASE_URL !== undefined;
  if (!create && !elsewhere && !existsSync(join(settings.JIENENG_DATA, CATALOGUE_FILE))) {
    throw new Failure(`${settings.JIENENG_DATA} holds no data of jieneng`);
  }
  const deadline = Date.now() + STARTING_MS;
  for (;;) {
    if (await answers(socket)) {
      demandOwn(socket, settings.JIENENG_DATA);
      return { ask: askSocket(socket), close: async () => {} };
    }
    try {
      const unlock = lockDirectory(settings.JIENENG_DATA);
      const log = createLog('warn', pino.destination(2));
      const webRoot = new URL('../../web/dist', import.meta.url).pathname;
      // A command listens nowhere, and who may run it may not be who may read the key.
      const own = { ...settings, TLS_CERT: undefined, TLS_KEY: undefined };
      const composition = await compose(own, { version, log, webRoot });
      const close = async (): Promise<void> => {
        await composition.close();
        unlock();
      };
      return { ask: askApp((request) => asOperator(composition.app).fetch(request)), close };
    } catch (error) {
      if (!(error instanceof DirectoryInUse) || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
};

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader has seen enough, as `head` does.
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

try {
  await buildProgram(io, connect, version).parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else if (error instanceof Misuse || error instanceof SettingsError) {
    io.err(`${error.message}\n`);
    process.exitCode = 2;
  } else {
    io.err(`${error instanceof Error ? error.message : String(error)}\n`);
    if (!(error instanceof Failure || error instanceof Error)) throw error;
    process.exitCode = 1;
  }
}
