/**
 * Server spans, by OpenTelemetry's conventions for HTTP. Not its instrumentation: that one does most of its work before
 * it knows whether a request is sampled, which every request would pay for.
 */
import type { IncomingMessage, RequestListener } from 'node:http';
import { machinePaths } from '@kvstore/core/machine-paths.ts';
import { type Attributes, propagation, ROOT_CONTEXT, SamplingDecision, SpanKind, trace } from '@opentelemetry/api';
import {
  ATTR_CLIENT_ADDRESS,
  ATTR_HTTP_REQUEST_METHOD,
  ATTR_HTTP_REQUEST_METHOD_ORIGINAL,
  ATTR_NETWORK_PROTOCOL_VERSION,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  ATTR_URL_SCHEME,
  ATTR_USER_AGENT_ORIGINAL,
} from '@opentelemetry/semantic-conventions';
import { exchangeOf } from '../exchange.ts';
import { knownMethod } from '../http-metrics.ts';
import { noParent, type Parent } from './recorded-span.ts';
import type { Recorder } from './recorder.ts';
import type { Sampling } from './sampling.ts';
import type { RecordedSpans } from './spans.ts';
import type { Trusts } from './tracing.ts';

export interface RequestTracing {
  readonly recorder: Recorder;
  readonly spans: RecordedSpans;
  readonly sampling: Sampling;
  readonly trusts: Trusts;
}

export function traceRequests(
  { recorder, spans, sampling, trusts }: RequestTracing,
  listener: RequestListener,
): RequestListener {
  return (request, response) => {
    const { method, headers, url = '/', socket } = request;
    // Node notes it on the socket when it is first asked. If only those of sampled requests had the note, sockets would
    // be of two kinds, and whatever node:http does with one would take longer for every request.
    const { remoteAddress } = socket;
    const hasCaller = namesTrace(headers) && trusts(request);
    // All that most requests know of traces: what is done here is paid by every one of them.
    if (!hasCaller && Math.random() >= sampling.rootRatio) return listener(request, response);
    const parent = hasCaller || (headers.baggage !== undefined && trusts(request)) ? callerOf(headers) : noParent;
    if (machinePaths.has(url) || (hasCaller && !isSampled(sampling, parent))) return listener(request, response);
    const known = knownMethod(method);
    const describe = describer(request, known, remoteAddress);
    const span = recorder.begin(known === '_OTHER' ? 'HTTP' : known, SpanKind.SERVER, parent, describe);
    // Ends it, however the answer ends.
    const exchange = exchangeOf(response);
    if (exchange !== undefined) exchange.span = span;
    spans.within(span, () => listener(request, response));
  };
}

/**
 * Whether a caller's trace may be found by one of the propagators that OTEL_PROPAGATORS can name. To ask them takes a
 * tenth of a read's time, and fields that are looked up from a list are not found by the place they had in the last request.
 */
function namesTrace(headers: IncomingMessage['headers']): boolean {
  return (
    headers.traceparent !== undefined ||
    headers.b3 !== undefined ||
    headers['x-b3-traceid'] !== undefined ||
    headers['uber-trace-id'] !== undefined
  );
}

function callerOf(headers: IncomingMessage['headers']): Parent {
  const carried = propagation.extract(ROOT_CONTEXT, headers);
  return { ids: trace.getSpanContext(carried), carried };
}

function isSampled({ rootRatio, ofCallers }: Sampling, { ids, carried }: Parent): boolean {
  if (ids === undefined) return Math.random() < rootRatio;
  const { decision } = ofCallers.shouldSample(carried, ids.traceId, '', SpanKind.SERVER, {}, []);
  return decision === SamplingDecision.RECORD_AND_SAMPLED;
}

/** A Host header (RFC 9110, 7.2). Making a URL of it instead was a good part of what a span costs. */
const hostAndPort = /^(\[[\da-f:.]+\]|[\w.-]+)(?::(\d+))?$/i;

/**
 * The span's attributes, made when they are asked. Until then it keeps a few texts of the request, not all of it. Neither
 * path nor query is among them: they hold keys, and what a client puts there by mistake. The route's template is.
 */
function describer(request: IncomingMessage, known: string, client: string | undefined): () => Attributes {
  const { method, httpVersion, socket } = request;
  const { host = '', 'user-agent': userAgent } = request.headers;
  const scheme = 'encrypted' in socket ? 'https' : 'http';
  return () => {
    const [, hostname, port = scheme === 'https' ? 443 : 80] = hostAndPort.exec(host) ?? [];
    return {
      [ATTR_HTTP_REQUEST_METHOD]: known,
      [ATTR_URL_SCHEME]: scheme,
      [ATTR_HTTP_REQUEST_METHOD_ORIGINAL]: known === method ? undefined : method,
      [ATTR_NETWORK_PROTOCOL_VERSION]: httpVersion,
      [ATTR_CLIENT_ADDRESS]: client,
      [ATTR_SERVER_ADDRESS]: hostname,
      [ATTR_SERVER_PORT]: hostname === undefined ? undefined : Number(port),
      [ATTR_USER_AGENT_ORIGINAL]: userAgent,
    };
  };
}
