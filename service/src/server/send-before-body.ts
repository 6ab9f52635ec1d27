/**
 * Sends an answer to a request whose body may still be on its way. What comes is thrown away: it would stand before the next
 * request on this connection. A connection that ends with this request stays until the body has come, or the client would
 * lose the answer to a reset (RFC 9112, 9.6).
 */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { TextAnswer } from '../answers/answer.ts';
import { sendText } from '../answers/send.ts';
import type { GatheringRequest } from '../requests/body/gathering-request.ts';
import { endNow } from '../telemetry/exchange.ts';

/**
 * Milliseconds that a connection stays open while nothing of the body comes. It stays while some does: the service itself reads
 * large bodies in turns. `KV_BODY_TIMEOUT` bounds the whole.
 */
const lingerTime = 5000;

/** `send`: sends it where nothing of the body is awaited; what it throws is thrown. */
export function sendBeforeBody(
  response: ServerResponse,
  answer: TextAnswer,
  send: (response: ServerResponse, answer: TextAnswer) => unknown = sendText,
): void {
  const { req: request } = response;
  if (response.destroyed) return;
  // The stream of a request without a body emits no `end`.
  if (request.complete || !hasBody(request.headers) || (request as Partial<GatheringRequest>).isWithoutBody) {
    send(response, answer);
    return;
  }
  // What it was piped to takes no more, and would hold it up for as long.
  request.unpipe();
  if (response.shouldKeepAlive) {
    send(response, answer);
    request.resume();
    return;
  }
  response.writeHead(answer.status, answer.headers as string[]);
  // It has no body, so that a write would send nothing, the head neither.
  if (request.method === 'HEAD') response.flushHeaders();
  response.write(answer.text, answer.encoding, (error) => {
    if (error == null) endNow(response, answer.status);
  });
  const end = () => {
    clearInterval(timer);
    response.end();
  };
  const received = () => (request as Partial<GatheringRequest>).received;
  let before = received();
  const timer = setInterval(() => {
    const now = received();
    if (now === before) end();
    before = now;
  }, lingerTime);
  request.once('end', end);
  response.once('close', () => clearInterval(timer));
  request.resume();
}

function hasBody({ 'content-length': length, 'transfer-encoding': encoding }: IncomingHttpHeaders): boolean {
  return encoding !== undefined || Number(length ?? 0) > 0;
}
