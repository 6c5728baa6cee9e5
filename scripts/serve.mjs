// A small static file server for the playground and the browser tests: no dependencies, localhost only.
//
//   node scripts/serve.mjs DIRECTORY        serves it on PORT, or 8080, and prints the address
//
// It sends no COOP and COEP headers, since the engine must do without them, and no Content-Security-Policy: the page
// brings its own. As web servers do, it answers 304 to a browser that asks whether what it has is still right.

import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** The file that a request path names below `root`, or undefined where it names none or leads out of it. */
async function find(root, url) {
  let path;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  if (path.includes('\0')) return undefined;
  let file = join(root, path);
  if (file !== root && !file.startsWith(root + sep)) return undefined;
  if (path.endsWith('/')) file = join(file, 'index.html');
  const found = await stat(file).catch(() => undefined);
  return found?.isFile() ? { file, size: found.size, tag: `"${found.size.toString(36)}-${found.mtimeMs.toString(36)}"` } : undefined;
}

/**
 * Serves the files below `directory` on localhost. Port 0 takes a free one. `headers` are added to every answer; `asked` is told each
 * file that there is, by its path below `directory`.
 * Resolves to `{ url, close }` when it listens; `close` resolves when every connection is gone.
 */
export async function serve(directory, { port = 0, headers = {}, asked = () => {} } = {}) {
  const root = resolve(directory);
  if (!(await stat(root).catch(() => undefined))?.isDirectory()) throw new Error(`there is no directory ${directory}`);
  const server = createServer(async (request, response) => {
    const found = request.method === 'GET' || request.method === 'HEAD' ? await find(root, request.url) : undefined;
    if (!found) {
      response.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end('not found\n');
      return;
    }
    asked(relative(root, found.file));
    const always = { 'cache-control': 'no-cache', etag: found.tag, ...headers };
    if (request.headers['if-none-match'] === found.tag) {
      response.writeHead(304, always).end();
      return;
    }
    response.writeHead(200, {
      'content-type': TYPES[extname(found.file)] ?? 'application/octet-stream',
      'content-length': found.size,
      'x-content-type-options': 'nosniff',
      ...always,
    });
    if (request.method === 'HEAD') response.end();
    else createReadStream(found.file).on('error', () => response.destroy()).pipe(response);
  });
  await new Promise((listening, failed) => server.once('error', failed).listen(port, '127.0.0.1', listening));
  return {
    url: `http://localhost:${server.address().port}`,
    close: () =>
      new Promise((closed) => {
        server.close(closed);
        server.closeAllConnections();
      }),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const directory = process.argv[2] ?? '.';
  const port = Number(process.env.PORT ?? 8080);
  try {
    const { url } = await serve(directory, { port });
    console.log(`serving ${directory} at ${url}/ (Ctrl+C ends it)`);
  } catch (error) {
    const why = error.code === 'EADDRINUSE' ? `port ${port} is taken; choose another with PORT=…` : error.message;
    console.error(`cannot serve: ${why}`);
    process.exitCode = 1;
  }
}
