/** Pairs as lines of text. */
import type { IncomingHttpHeaders } from 'node:http';

/** A line of an export. @param value JSON text */
export function recordText(key: string, value: string, revision: number | undefined): string {
  return `{"key":${JSON.stringify(key)},"value":${value}${revision === undefined ? '' : `,"revision":${revision}`}}\n`;
}

/** The revision in an ETag; undefined when there is none. */
export function etagRevision({ etag }: IncomingHttpHeaders): number | undefined {
  const [, revision] = /^"(\d+)"$/.exec(etag ?? '') ?? [];
  return revision === undefined ? undefined : Number(revision);
}
