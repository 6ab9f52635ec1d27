/** GET /openapi.json: the description of the API. */
import type { Middleware } from 'koa';
import { type DocumentOptions, openApiDocument } from './document.ts';

export function serveDocument(options: DocumentOptions): Middleware {
  const text = JSON.stringify(openApiDocument(options));
  return (ctx) => {
    ctx.body = text;
    ctx.set('Content-Type', 'application/json');
  };
}
