/** Files that a browser gets: each has a path of its own in a table, so no path leads anywhere else. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import fresh from 'fresh';
import { type Answer, emptyAnswer } from '../../answers/answer.ts';
import { negotiation } from '../../requests/negotiation.ts';
import type { RawRequest } from '../../requests/raw-request.ts';

export interface Asset {
  readonly file: URL;
  /** Content-Type. */
  readonly type: string;
  /** What is done to its text before it is served. */
  readonly change?: (text: string) => string;
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

const headers = [
  ['Content-Security-Policy', policy],
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  // Asked for again each time, and answered with 304 while it is the same.
  ['Cache-Control', 'no-cache'],
  ['Vary', 'Accept-Encoding'],
].flat();

interface Content {
  readonly plain: Buffer;
  readonly zipped: Buffer;
  readonly etag: string;
}

/** Answers with the file, which is read and compressed once, when it is first asked for. */
export function serveAsset({ file, type, change }: Asset): (request: RawRequest) => Promise<Answer> {
  let content: Promise<Content> | undefined;
  return async (request) => {
    content ??= read(file, change);
    const { plain, zipped, etag } = await content.catch((error: unknown) => {
      content = undefined;
      throw error;
    });
    const isZipped = negotiation(request.headers).encoding(['gzip', 'identity']) === 'gzip';
    const tag = isZipped ? `"${etag}-gzip"` : `"${etag}"`;
    const head = [...headers, 'ETag', tag];
    if (fresh(request.headers, { etag: tag })) return emptyAnswer(304, head);
    const bytes = isZipped ? zipped : plain;
    const encoding = isZipped ? ['Content-Encoding', 'gzip'] : [];
    return {
      kind: 'bytes',
      status: 200,
      headers: [...head, ...encoding, 'Content-Type', type, 'Content-Length', String(bytes.length)],
      parts: [bytes],
      length: bytes.length,
      release() {},
    };
  };
}

async function read(file: URL, change: Asset['change']): Promise<Content> {
  const stored = await readFile(file);
  const plain = change === undefined ? stored : Buffer.from(change(stored.toString()));
  const etag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  return { plain, zipped: await promisify(gzip)(plain), etag };
}

/** The page's path with a slash behind it, which people type, leads to the page. */
export function redirectTo(page: string): () => Answer {
  // Relative, so that it also holds where a proxy serves the whole below a path of its own.
  return () => emptyAnswer(308, ['Location', `..${page}`, 'Content-Length', '0']);
}
