import { request } from 'node:http';
import { Readable } from 'node:stream';
import { socketPath } from '../../server/lock.ts';

export type Fetch = (path: string, init?: RequestInit) => Promise<Response>;

/**
 * Asks a server as the owner of its data directory does: over the control socket, where nobody signs in. Answers
 * come as they are sent, streams too; an abort cuts them.
 */
export function operatorOf(directory: string): Fetch {
  const socket = socketPath(directory);
  return (path, init = {}) =>
    new Promise((resolve, reject) => {
      const { signal } = init;
      const asked = new Request(`http://localhost${path}`, { ...init, signal: null });
      const headers = { ...Object.fromEntries(asked.headers), host: 'localhost' };
      const outgoing = request(
        { socketPath: socket, method: asked.method, path, headers, ...(signal && { signal }) },
        (incoming) => {
          const answered = new Headers();
          for (const [name, value] of Object.entries(incoming.headersDistinct)) {
            for (const one of value ?? []) answered.append(name, one);
          }
          const status = incoming.statusCode ?? 500;
          const isBodyless = status === 204 || status === 304 || asked.method === 'HEAD';
          const body = isBodyless ? null : (Readable.toWeb(incoming) as ReadableStream<Uint8Array>);
          if (isBodyless) incoming.resume();
          resolve(new Response(body, { status, headers: answered }));
        },
      );
      outgoing.on('error', reject);
      if (!asked.body) outgoing.end();
      else {
        Readable.fromWeb(asked.body as Parameters<typeof Readable.fromWeb>[0])
          .on('error', reject)
          .pipe(outgoing);
      }
    });
}
