import { type FileHandle, open, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import type { Context, Handler } from 'hono';

const TYPES: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Scripts and styles are our own files only; charts and dialogs set styles by the object model, which is no markup. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS = { 'content-security-policy': POLICY };

const MISSING = `jieneng: the dashboard has not been built.

Run    npm run build    and load this page again.
The API is there: /api/v1/openapi.json
`;

/** Serves the built dashboard; an address without a file of its own is a view of it, so it gets index.html. */
export function serveStatic(root: string): Handler {
  return async (c) => {
    const path = pathOf(c);
    if (path === null) return plain(c, 404, 'not found\n');
    const asFile = path === '/' ? '/index.html' : path;
    const found = await openBelow(root, asFile);
    if (found) return send(c, found, asFile);
    if (extname(path) !== '') return plain(c, 404, 'not found\n');
    const index = await openBelow(root, '/index.html');
    return index ? send(c, index, '/index.html') : plain(c, 503, MISSING);
  };
}

/** @returns null for what cannot be a file of the dashboard: bad escapes, NUL, hidden files, steps upwards */
function pathOf(c: Context): string | null {
  let path: string;
  try {
    path = decodeURIComponent(new URL(c.req.url).pathname);
  } catch {
    return null;
  }
  return path.includes('\0') || path.includes('\\') || path.includes('/.') ? null : path;
}

interface Found {
  file: FileHandle;
  size: number;
  tag: string;
}

/** Opens a regular file of the dashboard's kinds inside the directory; links that lead out of it are not followed. */
async function openBelow(root: string, path: string): Promise<Found | null> {
  // Whatever else came to lie there was not built for it.
  if (!Object.hasOwn(TYPES, extname(path))) return null;
  let file: FileHandle | null = null;
  try {
    const base = await realpath(root);
    const real = await realpath(join(base, path));
    if (!real.startsWith(base + sep)) return null;
    file = await open(real);
    const stat = await file.stat();
    if (stat.isFile()) {
      const tag = `"${stat.size.toString(36)}-${Math.round(stat.mtimeMs).toString(36)}"`;
      return { file, size: stat.size, tag };
    }
    await file.close();
    return null;
  } catch {
    await file?.close();
    return null;
  }
}

async function send(c: Context, { file, size, tag }: Found, path: string): Promise<Response> {
  // Names under assets/ carry a hash of their content.
  const cache = path.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
  const headers = { ...HEADERS, 'cache-control': cache, etag: tag };
  const known = c.req
    .header('if-none-match')
    ?.split(',')
    .map((t) => t.trim().replace(/^W\//, ''));
  if (known?.includes(tag) || c.req.method === 'HEAD') {
    await file.close();
    if (known?.includes(tag)) return new Response(null, { status: 304, headers });
  }
  const full = {
    ...headers,
    'content-type': TYPES[extname(path)] as string,
    'content-length': String(size),
  };
  if (c.req.method === 'HEAD') return new Response(null, { headers: full });
  return new Response(await file.readFile().finally(() => file.close()), { headers: full });
}

function plain(c: Context, status: 404 | 503, text: string): Response {
  return c.body(text, status, {
    ...HEADERS,
    'content-type': 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  });
}
