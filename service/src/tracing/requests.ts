/**
 * Server spans, by OpenTelemetry's conventions for HTTP. Not its instrumentation: that one does most of its work before
 * it knows whether a request is sampled, and would keep the others from their short way, too.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import {
  type Attributes,
  type Context,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_ERROR_TYPE,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_HTTP_RESPONSE_STATUS_CODE,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_PATH,
  ATTR_URL_QUERY,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import { knownMethod } from '../http/http-metrics.ts';
import { splitTarget } from '../http/target.ts';
import type { Listeners } from '../tracing.ts';
import type { Sampling } from './sampling.ts';

/** Asked every few seconds by machines: never worth a trace. */
const quiet = new Set(['/livez', '/readyz', '/metrics']);

export function traceRequests(tracer: Tracer, sampling: Sampling, { sampled, unsampled }: Listeners): RequestListener {
  /** Whether it is worth asking the SDK. */
  const maySample = (caller: Context): boolean => {
    const parent = trace.getSpanContext(caller);
    if (parent === undefined) return Math.random() < sampling.rootRatio;
    return !sampling.followsCaller || (parent.traceFlags & TraceFlags.SAMPLED) !== 0;
  };
  return (request, response) => {
    const { method, headers, url = '/' } = request;
    if (quiet.has(url)) return unsampled(request, response);
    const parent = propagation.extract(ROOT_CONTEXT, headers);
    if (!maySample(parent)) return unsampled(request, response);
    const known = knownMethod(method);
    const name = known === '_OTHER' ? 'HTTP' : known;
    const attributes = { [ATTR_HTTP_REQUEST_METHOD]: known, [ATTR_URL_PATH]: url, [ATTR_URL_SCHEME]: 'http' };
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, parent);
    if (!span.isRecording()) return unsampled(request, response);
    span.setAttributes(attributesOf(request, known));
    // Emitted once, however the answer ends.
    response.once('close', () => endSpan(span, response));
    context.with(trace.setSpan(parent, span), () => sampled(request, response));
  };
}

/** A Host header (RFC 9110, 7.2). Making a URL of it instead was a good part of what a span costs. */
const hostAndPort = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/i;

function attributesOf({ method, url, headers, socket, httpVersion }: IncomingMessage, known: string): Attributes {
  const { path, query } = splitTarget(url ?? '/');
  const [, hostname, port = 80] = hostAndPort.exec(headers.host ?? '') ?? [];
  return {
    [ATTR_URL_PATH]: path,
    [ATTR_URL_QUERY]: query === '' ? undefined : query,
    [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: known === method ? undefined : method,
    [ATTR_NETWORK_PROTOCOL_VERSION]: httpVersion,
    [ATTR_CLIENT_ADDRESS]: socket.remoteAddress,
    [ATTR_SERVER_ADDRESS]: hostname,
    [ATTR_SERVER_PORT]: hostname === undefined ? undefined : Number(port),
    [ATTR_USER_AGENT_ORIGINAL]: headers['user-agent'],
  };
}

function endSpan(span: Span, response: ServerResponse): void {
  // A watch's span has ended when it began.
  if (!span.isRecording()) return;
  const { statusCode, headersSent, writableFinished } = response;
  if (headersSent) span.setAttribute(ATTR_HTTP_RESPONSE_STATUS_CODE, statusCode);
  if (headersSent && statusCode >= 500) {
    span.setAttribute(ATTR_ERROR_TYPE, String(statusCode));
    span.setStatus({ code: SpanStatusCode.ERROR });
  } else if (!writableFinished) {
    span.setAttribute(ATTR_ERROR_TYPE, 'aborted');
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'The connection ended before the answer did.' });
  }
  span.end();
}
