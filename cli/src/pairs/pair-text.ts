/** Pairs as lines of text. */
import type { IncomingHttpHeaders } from 'node:http';

/** A pair as a line of JSON, with its version when there is one. @param value JSON text */
export function pairText(key: string, value: string, version?: string): string {
  const revision = /-(\d+)$/.exec(version ?? '')?.[1];
  const known = revision === undefined ? '' : `,"revision":${revision},"version":"${version}"`;
  return `{"key":${JSON.stringify(key)},"value":${value}${known}}\n`;
}

/** The version that an ETag names, as `--if-match` takes it; undefined when there is none. */
export function versionOf({ etag }: IncomingHttpHeaders): string | undefined {
  return /^"([\x21\x23-\x7e]+)"$/.exec(etag ?? '')?.[1];
}

/** The store's timeline, with which versions and the ids of events begin. */
export function timelineOf(version: string): string {
  return version.split('-')[0] ?? '';
}

/** The header of `--if-match`. */
export function ifMatch(version: string): { readonly 'If-Match': string } {
  return { 'If-Match': `"${version}"` };
}
