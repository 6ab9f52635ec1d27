/** The request target as it came, split and decoded once: no cleaning of paths, no second decoding. */
import { Problem } from '@kvstore/core/problem.ts';

export interface Target {
  /** The path, still percent-encoded. */
  readonly path: string;
  /** What follows the first `?`, still encoded; empty when there is none. */
  readonly query: string;
}

/** Splits `/path?query` and the absolute form `http://host/path?query`. */
export function splitTarget(url: string): Target {
  let start = 0;
  if (url.charCodeAt(0) !== 0x2f) {
    const authority = url.indexOf('://');
    start = authority === -1 ? 0 : endOfAuthority(url, authority + 3);
  }
  const mark = url.indexOf('?', start);
  if (mark === -1) return { path: (start === 0 ? url : url.slice(start)) || '/', query: '' };
  return { path: url.slice(start, mark) || '/', query: url.slice(mark + 1) };
}

/** The host of a target in absolute form, with its port; undefined: the target is a path. */
export function authorityOf(url: string): string | undefined {
  if (url.charCodeAt(0) === 0x2f) return undefined;
  const begin = url.indexOf('://');
  return begin === -1 ? undefined : url.slice(begin + 3, endOfAuthority(url, begin + 3));
}

/** RFC 3986, 3.2: it ends with the next slash or question mark, or with the text. */
function endOfAuthority(url: string, from: number): number {
  const length = url.slice(from).search(/[/?]/);
  return length === -1 ? url.length : from + length;
}

/** Decodes percent-encoded UTF-8; throws Problem `invalid-path`. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path;
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new Problem('invalid-path', 'The path is not percent-encoded UTF-8.', { cause });
  }
}
