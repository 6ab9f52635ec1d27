/** Files that a browser gets: each has a path of its own in a table, so no path leads anywhere else. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { type Answer, emptyAnswer } from '../../answers/answer.ts';
import { notStored } from '../../answers/cache-control.ts';
import { chosenCoding } from '../../answers/codings.ts';
import { isHeld } from '../../requests/held-tag.ts';
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

/** A file's compressed forms are made once: this quality takes 0.1 s for the largest, and the best one 3 s for 8% less. */
const brOptions = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } } as const;

interface Content {
  readonly etag: string;
  /** The file in a coding; undefined: as it is. */
  bytes(coding: 'br' | 'gzip' | undefined): Promise<Buffer>;
}

/** Answers with the file, which is read when it is first asked for, and compressed once for each coding. */
export function serveAsset({ file, type, change }: Asset): (request: RawRequest) => Promise<Answer> {
  const content = once(() => read(file, change));
  return async (request) => {
    const { etag, bytes } = await content();
    const coding = chosenCoding(request.headers['accept-encoding'], 'br');
    const tag = coding === undefined ? `"${etag}"` : `"${etag}-${coding}"`;
    const head = [...headers, 'ETag', tag];
    if (isHeld(request.headers, tag)) return emptyAnswer(304, head);
    const body = await bytes(coding);
    const encoding = coding === undefined ? [] : ['Content-Encoding', coding];
    return {
      kind: 'bytes',
      status: 200,
      headers: [...head, ...encoding, 'Content-Type', type, 'Content-Length', String(body.length)],
      parts: [body],
      length: body.length,
      release() {},
    };
  };
}

async function read(file: URL, change: Asset['change']): Promise<Content> {
  const stored = await readFile(file);
  const plain = change === undefined ? stored : Buffer.from(change(stored.toString()));
  const etag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  const forms = {
    br: once(() => promisify(brotliCompress)(plain, brOptions)),
    gzip: once(() => promisify(gzip)(plain)),
  };
  return { etag, bytes: async (coding) => (coding === undefined ? plain : forms[coding]()) };
}

/** Does it when it is first asked for, and again only after it has failed. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}

/** The page's path with a slash behind it, which people type, leads to the page. */
export function redirectTo(page: string): () => Answer {
  // Relative, so that it also holds where a proxy serves the whole below a path of its own.
  return () => emptyAnswer(308, ['Location', `..${page}`, ...notStored, 'Content-Length', '0']);
}
