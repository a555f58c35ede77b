// The dashboard's files, as its build left them: each also compressed beside it, those under assets/
// named by what is in them and so kept by browsers for good.

import { existsSync } from 'node:fs';
import { join, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance } from 'fastify';

const HOUR_S = 3600;
const YEAR_S = 365 * 24 * HOUR_S;

/** The app keeps its own routes behind `#`: what is no file is not there. */
export function addPages(app: FastifyInstance, folder: string): void {
  if (!existsSync(join(folder, 'index.html'))) {
    app.get('/', { schema: { hide: true } }, async (_request, reply) =>
      reply.type('text/html; charset=utf-8').send(unbuiltPage),
    );
    return;
  }
  void app.register(fastifyStatic, {
    root: folder,
    preCompressed: true,
    cacheControl: false,
    dotfiles: 'ignore',
    schemaHide: true,
    setHeaders(reply, path) {
      const isNamedByContent = path.startsWith(join(folder, 'assets') + sep);
      const value = isNamedByContent ? `public, max-age=${YEAR_S}, immutable` : 'no-cache';
      reply.header('cache-control', value);
    },
  });
}

const unbuiltPage = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Millpond</title>
<h1>Millpond runs</h1>
<p>Its dashboard is not built: <code>npm run build</code> does that.</p>
<p>Until then: <a href="/api/v1/status">its status</a>, <a href="/metrics">its metrics</a>,
<a href="/api/v1/openapi.json">its REST interface</a>.</p>
</html>
`;
