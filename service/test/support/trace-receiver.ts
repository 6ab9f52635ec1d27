/** An OTLP/HTTP receiver: decodes the protobuf that an exporter sends. */
import { createServer } from 'node:http';
import type { ExecutionContext } from 'ava';
import protobuf from 'protobufjs';
import { listen } from '../../../test-support/network/listen.ts';

/** The part of opentelemetry/proto/trace/v1/trace.proto that the tests look at; numbers and types are the protocol's. */
const { root } = protobuf.parse(`
  syntax = "proto3";
  message Value { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
  message Attribute { string key = 1; Value value = 2; }
  message Status { string message = 2; int32 code = 3; }
  message Link { bytes trace_id = 1; bytes span_id = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5; int32 kind = 6;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8; repeated Attribute attributes = 9; repeated Link links = 13; Status status = 15;
  }
  message Scope { repeated Span spans = 2; }
  message Resource { repeated Attribute attributes = 1; }
  message ResourceSpans { Resource resource = 1; repeated Scope scope_spans = 2; }
  message Request { repeated ResourceSpans resource_spans = 1; }
`);

export interface Link {
  readonly traceId: string;
  readonly spanId: string;
}

export interface Span extends Link {
  readonly parentSpanId: string;
  readonly name: string;
  /** 1: internal, 2: server, 3: client. */
  readonly kind: number;
  /** From its start to its end. */
  readonly milliseconds: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly links: readonly Link[];
  readonly status: number;
  readonly service: unknown;
}

interface RawAttribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: string; readonly boolValue?: boolean };
}

interface RawRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly RawAttribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly RawSpan[] }[];
  }[];
}

interface RawSpan extends Omit<Span, 'attributes' | 'milliseconds' | 'status'> {
  /** Decimal digits: more than a number holds. */
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly RawAttribute[];
  readonly status?: { readonly code: number };
}

export interface TraceReceiver {
  readonly url: string;
  readonly spans: Span[];
  /** Everything that was received, also what is not decoded, such as exceptions. */
  readonly raw: () => string;
}

export async function receiveTraces(t: ExecutionContext): Promise<TraceReceiver> {
  const spans: Span[] = [];
  const received: Buffer[] = [];
  const server = createServer(async (request, response) => {
    const bytes = Buffer.concat(await request.toArray());
    received.push(bytes);
    if (request.url === '/v1/traces') spans.push(...decode(bytes));
    response.setHeader('Content-Type', 'application/x-protobuf').end();
  });
  const port = await listen(server);
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${port}`, spans, raw: () => Buffer.concat(received).toString('latin1') };
}

function decode(bytes: Buffer): Span[] {
  const type = root.lookupType('Request');
  const plain = type.toObject(type.decode(bytes), { bytes: String, longs: String, arrays: true });
  const hex = (text: string) => Buffer.from(text, 'base64').toString('hex');
  return (plain as RawRequest).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        milliseconds: Number(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1e6,
        traceId: hex(span.traceId),
        spanId: hex(span.spanId),
        parentSpanId: hex(span.parentSpanId ?? ''),
        attributes: attributesOf(span.attributes),
        links: span.links.map((link) => ({ traceId: hex(link.traceId), spanId: hex(link.spanId) })),
        status: span.status?.code ?? 0,
        service: attributesOf(resource.attributes)['service.name'],
      })),
    ),
  );
}

function attributesOf(list: readonly RawAttribute[]): Record<string, unknown> {
  return Object.fromEntries(
    list.map(({ key, value }) => [key, value.stringValue ?? value.boolValue ?? Number(value.intValue)]),
  );
}
