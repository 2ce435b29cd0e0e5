import { request } from 'node:http';
import { Readable } from 'node:stream';

/** Asks the server, or the program itself where none runs; path and answer are those of the HTTP contract. */
export type Ask = (method: string, path: string, body?: Body) => Promise<Response>;

export interface Body {
  type: string;
  content: string | AsyncIterable<Uint8Array>;
}

/** Asks a running server through its control socket. */
export function askSocket(path: string): Ask {
  return (method, target, body) =>
    new Promise((resolve, reject) => {
      const headers: Record<string, string> = { host: 'localhost' };
      if (body) headers['content-type'] = body.type;
      const outgoing = request({ socketPath: path, method, path: target, headers }, (incoming) => {
        const pairs = Object.entries(incoming.headers).map(([k, v]) => [k, String(v)] as [string, string]);
        const status = incoming.statusCode ?? 500;
        const bodyless = status === 204 || status === 304;
        const stream = Readable.toWeb(incoming) as ReadableStream<Uint8Array>;
        resolve(new Response(bodyless ? null : stream, { status, headers: pairs }));
      });
      outgoing.on('error', reject);
      if (!body) outgoing.end();
      else if (typeof body.content === 'string') outgoing.end(body.content);
      else Readable.from(body.content).on('error', reject).pipe(outgoing);
    });
}

/** Asks the application in this process. */
export function askApp(fetch: (request: Request) => Response | Promise<Response>): Ask {
  return async (method, target, body) => {
    const init: RequestInit & { duplex?: 'half' } = { method };
    if (body) {
      init.headers = { 'content-type': body.type };
      if (typeof body.content === 'string') init.body = body.content;
      else {
        init.body = Readable.toWeb(Readable.from(body.content)) as ReadableStream<Uint8Array>;
        init.duplex = 'half';
      }
    }
    return fetch(new Request(`http://localhost${target}`, init));
  };
}
