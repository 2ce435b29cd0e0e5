/**
 * The ceiling of the live values: a server that writes what it is sent to everybody who listens, and does nothing else.
 * `idle-stream.ts` prints its port; `idle-stream.ts PORT FILE` is the one who sends a file, as a process of its own like
 * the generator of readings.
 */
import { readFileSync } from 'node:fs';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const [port, file] = process.argv.slice(2);

function serve(): void {
  const listening = new Set<ServerResponse>();
  const server = createServer((asked, answer) => {
    if (asked.method === 'GET') {
      answer.writeHead(200, { 'content-type': 'text/event-stream' });
      answer.flushHeaders();
      listening.add(answer);
      answer.on('close', () => listening.delete(answer));
      return;
    }
    const parts: Buffer[] = [];
    asked.on('data', (part: Buffer) => parts.push(part));
    asked.on('end', () => {
      const text = Buffer.concat(parts);
      for (const one of listening) one.write(text);
      answer.end();
    });
  });
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`${(server.address() as AddressInfo).port}\n`);
  });
}

function send(to: number, body: Buffer): void {
  const post = request({ port: to, host: '127.0.0.1', method: 'POST' }, (answer) => answer.resume());
  post.end(body, () => process.stdout.write('{}\n'));
}

if (port === undefined || file === undefined) serve();
else send(Number(port), readFileSync(file));
