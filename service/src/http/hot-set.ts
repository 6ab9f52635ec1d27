/**
 * POST /set on its shortest way: the plain case (a body of known length as it is, no query, no condition) is read, parsed
 * and written before Koa, whose layers and body parser take more than half of the time of such a request. The route
 * answers everything that goes wrong, with what has been done already: nothing is read or written twice.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Spans } from '../store/spans.ts';
import type { Pair, Store, Written } from '../store/store.ts';
import { jsonAnswer, sendAnswer } from './answer.ts';
import { decodeBody } from './body.ts';
import { writtenTag } from './entity-tag.ts';
import { setRoute } from './exchange.ts';
import { plainPair } from './plain-pair.ts';
import { pairText, parsePairs } from './set.ts';

/** What has been done of a request before its route gets it. */
export interface Begun {
  readonly body: Buffer;
  /** The outcome of its write; undefined: there was none yet. */
  readonly written?: Promise<Written>;
}

export type BegunWrites = WeakMap<IncomingMessage, Begun>;

export interface HotSetOptions {
  readonly store: Store;
  readonly begun: BegunWrites;
  /** Bytes of a body. */
  readonly maxBody: number;
  /** What is done for a sampled request belongs to its trace. */
  readonly spans: Spans;
  /** Serves everything else. */
  readonly rest: RequestListener;
}

const [method, route] = ['POST', '/set'];

export function hotSet({ store, begun, maxBody, spans, rest }: HotSetOptions): RequestListener {
  const leave = (request: IncomingMessage, response: ServerResponse, done: Begun) => {
    // The route comes to the same end, and tells of it.
    begun.set(request, done);
    rest(request, response);
  };
  const write = (request: IncomingMessage, response: ServerResponse, body: Buffer) => {
    let answer: string;
    let written: Promise<Written>;
    try {
      const read = readPairs(decodeBody(body));
      answer = read.answer;
      written = store.set(read.pairs);
    } catch {
      return leave(request, response, { body });
    }
    // Not an async function: that would be two more promises for each set.
    written.then(
      (version) => {
        sendAnswer(response, jsonAnswer(answer, writtenTag(version)));
      },
      () => leave(request, response, { body, written }),
    );
  };
  return (request, response) => {
    let missing = plainLength(request, maxBody);
    if (missing === 0) return rest(request, response);
    setRoute(response, route);
    const chunks: Buffer[] = [];
    const read = (chunk: Buffer) => {
      chunks.push(chunk);
      missing -= chunk.length;
      if (missing > 0) return;
      write(request, response, chunks.length === 1 ? chunk : Buffer.concat(chunks));
    };
    // Events come in the context of the connection, not in that of the request.
    request.on('data', spans.bind(read));
  };
}

function readPairs(body: string): { readonly pairs: readonly Pair[]; readonly answer: string } {
  const pair = plainPair(body);
  if (pair !== undefined) return { pairs: [pair], answer: body };
  const pairs = parsePairs(body);
  return { pairs, answer: `{${pairs.map(pairText).join(',')}}` };
}

/** Bytes of the body; 0: not the plain case. Whoever says who they are is the route's: it knows who may write. */
function plainLength({ method: asked, url, headers }: IncomingMessage, maxBody: number): number {
  if (asked !== method || url !== route || headers.host === undefined) return 0;
  // One by one: names that are looked up from a list are not found by the place they had in the last request.
  const isMore =
    headers.authorization !== undefined ||
    headers['content-encoding'] !== undefined ||
    headers['if-match'] !== undefined ||
    headers['if-none-match'] !== undefined ||
    headers['sec-fetch-site'] !== undefined ||
    headers['transfer-encoding'] !== undefined;
  const length = Number(headers['content-length'] ?? 0);
  return !isMore && length <= maxBody ? length : 0;
}
