/** A JSON answer that is ready to be sent. */
import type { OutgoingHttpHeader, ServerResponse } from 'node:http';

export interface Answer {
  /** Names and values in turn, which node:http takes as they are. */
  readonly headers: OutgoingHttpHeader[];
  readonly text: string;
  /** What is all ASCII goes out faster as what it is. */
  readonly encoding: 'latin1' | 'utf8';
}

/** `etag`: quotes included. */
export function jsonAnswer(text: string, etag?: string): Answer {
  const length = Buffer.byteLength(text);
  const headers = ['Content-Type', 'application/json', 'Content-Length', String(length)];
  if (etag !== undefined) headers.unshift('ETag', etag);
  // As many bytes as characters: all is ASCII.
  return { headers, text, encoding: length === text.length ? 'latin1' : 'utf8' };
}

export function sendAnswer(response: ServerResponse, { headers, text, encoding }: Answer): void {
  response.writeHead(200, headers);
  response.end(text, encoding);
}
