/**
 * Who wrote what, and who was refused: a line each. A line has names of tokens and keys, never a value, the text of a
 * token, or what a caller sends who was not accepted, but for its address.
 */
import type { ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import type { ProblemCode } from '@kvstore/core/problem.ts';
import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import { RateLimit } from '../flow-control/rate-limit.ts';
import type { RawRequest } from '../requests/raw-request.ts';
import type { Clock } from '../store/clock.ts';
import { exchangeOf } from '../telemetry/exchange.ts';
import { requestFields } from '../telemetry/request-fields.ts';

/** `refused`: requests that were answered with 401 or 403. `all`: each write as well, done or not. */
export type AuditLevel = 'none' | 'refused' | 'all';

export interface AuditOptions {
  readonly level: AuditLevel;
  /** Lines a second, of refusals and of writes each. */
  readonly perSecond: number;
  readonly log: Logger;
  readonly registry: Registry;
  readonly clock: Clock;
}

export interface Audit {
  /** Undefined: writes are not logged. */
  readonly wrote: Note | undefined;
  readonly refused: Note;
}

/** `code`: of the problem that was the answer; undefined: the request was done. */
export type Note = (
  request: RawRequest,
  response: ServerResponse,
  status: number,
  code: ProblemCode | undefined,
) => void;

/** Undefined: nothing is logged. */
export function createAudit({ level, perSecond, log, registry, clock }: AuditOptions): Audit | undefined {
  if (level === 'none') return undefined;
  // Written whatever KV_LOG_LEVEL says: it has a setting of its own.
  const lines = log.child({}, { level: 'info' });
  const dropped = new Counter({
    name: 'kvstore_audit_lines_dropped_total',
    help: 'Lines of the audit log that were left out because there were more than KV_AUDIT_RATE in a second.',
    labelNames: ['action'],
    registers: [registry],
  });
  const noteOf = (action: 'write' | 'refused'): Note => {
    const limit = new RateLimit(perSecond, () => clock.now());
    const series = dropped.labels(action);
    series.inc(0);
    return (request, response, status, code) => {
      const before = limit.take();
      if (before === undefined) return series.inc();
      const leftOut = before === 0 ? undefined : before;
      const { method } = request;
      const route = exchangeOf(response)?.route;
      const asked = requestFields({ method, route, status, code });
      lines.info({ action, ...whoAndWhat(request, response), ...asked, leftOut }, 'audit');
    };
  };
  return { refused: noteOf('refused'), wrote: level === 'all' ? noteOf('write') : undefined };
}

/** Of what a client says of itself, `X-Forwarded-For` is cut to this length. */
const longestClaim = 200;

function whoAndWhat(request: RawRequest, response: ServerResponse): object {
  const { headers, token, subject } = request;
  const { socket } = response.req;
  const forwardedFor = headers['x-forwarded-for'];
  return {
    token: token?.name,
    'tls.client.subject': certificateOf(socket as TLSSocket),
    'client.address': socket.remoteAddress,
    'http.request.header.x-forwarded-for':
      typeof forwardedFor === 'string' ? forwardedFor.slice(0, longestClaim) : undefined,
    ...(typeof subject === 'number' ? { keys: subject } : { key: subject }),
  };
}

/** The name in a client certificate that was accepted. */
function certificateOf(socket: TLSSocket): string | undefined {
  return socket.authorized ? socket.getPeerX509Certificate()?.subject : undefined;
}
