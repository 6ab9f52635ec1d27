/** Files that a browser gets: each has a path of its own in a table, so no path leads anywhere else. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Middleware } from 'koa';

export interface Asset {
  readonly file: URL;
  /** Content-Type. */
  readonly type: string;
}

/** Assets by the path they are served at. */
export type Assets = ReadonlyMap<string, Asset>;

export const types = {
  html: 'text/html; charset=utf-8',
  script: 'text/javascript; charset=utf-8',
  style: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
} as const;

/**
 * For every page and what belongs to it. Scripts come from the service alone; nothing inline, nothing from elsewhere, in
 * no frame (https://www.w3.org/TR/CSP3/).
 */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  // Asked for again each time, and answered with 304 while it is the same.
  'Cache-Control': 'no-cache',
  Vary: 'Accept-Encoding',
};

interface Content {
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly etag: string;
}

/** Answers with the file, which is read and compressed once, when it is first asked for. */
export function serveAsset({ file, type }: Asset): Middleware {
  let content: Promise<Content> | undefined;
  return async (ctx) => {
    content ??= read(file);
    const { plain, zipped, etag } = await content.catch((error: unknown) => {
      content = undefined;
      throw error;
    });
    ctx.status = 200;
    const encoding = ctx.acceptsEncodings('gzip', 'identity');
    ctx.set({ ...headers, ETag: encoding === 'gzip' ? `"${etag}-gzip"` : `"${etag}"` });
    if (ctx.fresh) {
      ctx.status = 304;
      return;
    }
    if (encoding === 'gzip') ctx.set('Content-Encoding', 'gzip');
    ctx.body = encoding === 'gzip' ? zipped : plain;
    ctx.set('Content-Type', type);
  };
}

async function read(file: URL): Promise<Content> {
  const plain = await readFile(file);
  const etag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { plain, zipped: await promisify(gzip)(plain), etag };
}

/** The page's path with a slash behind it, which people type, leads to the page. */
export function redirectTo(page: string): Middleware {
  return (ctx) => {
    // Relative, so that it also holds where a proxy serves the whole below a path of its own.
    ctx.set('Location', `..${page}`);
    ctx.status = 308;
  };
}
