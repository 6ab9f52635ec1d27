/** Client spans of calls to etcd, by OpenTelemetry's conventions for RPC; the trace goes on in the call's metadata. */
import { InterceptingCall, type Interceptor, type Metadata, type StatusObject, status } from '@grpc/grpc-js';
import { propagation, SpanKind } from '@opentelemetry/api';
import {
  ATTR_ERROR_TYPE,
  ATTR_RPC_METHOD,
  ATTR_RPC_STATUS_CODE,
  ATTR_RPC_SYSTEM_NAME,
  ATTR_SERVER_ADDRESS,
  ATTR_SERVER_PORT,
  RPC_SYSTEM_NAME_VALUE_GRPC,
} from '@opentelemetry/semantic-conventions';
import type { RecordedSpan } from './recorded-span.ts';
import type { Recorder } from './recorder.ts';
import type { RecordedSpans } from './spans.ts';

/** Calls that belong to no sampled request (watches, syncs, the heartbeat) get none: they would be traces of their own. */
export function traceCalls(recorder: Recorder, spans: RecordedSpans): Interceptor {
  return (options, nextCall) => {
    const next = nextCall(options);
    const parent = spans.current();
    if (parent === undefined) return new InterceptingCall(next);
    const method = options.method_definition.path.slice(1);
    const attributes = { [ATTR_RPC_SYSTEM_NAME]: RPC_SYSTEM_NAME_VALUE_GRPC, [ATTR_RPC_METHOD]: method };
    const span = recorder.begin(method, SpanKind.CLIENT, parent, () => attributes);
    return new InterceptingCall(next, {
      start(metadata, _listener, start) {
        // The caller's metadata is shared by all calls.
        const own = metadata.clone();
        propagation.inject(span.context, own, setter);
        start(own, {
          onReceiveStatus(answer, done) {
            endSpan(span, answer, next.getPeer());
            done(answer);
          },
        });
      },
    });
  };
}

const setter = { set: (metadata: Metadata, key: string, value: string) => metadata.set(key, value) };

function endSpan(span: RecordedSpan, { code, details }: StatusObject, peer: string): void {
  const name = status[code] ?? String(code);
  const [, address, port] = /^(?:\w+:)?(.*):(\d+)$/.exec(peer) ?? [];
  span.setAttribute(ATTR_RPC_STATUS_CODE, name);
  if (address !== undefined) {
    span.setAttribute(ATTR_SERVER_ADDRESS, address);
    span.setAttribute(ATTR_SERVER_PORT, Number(port));
  }
  if (code !== status.OK) {
    span.setAttribute(ATTR_ERROR_TYPE, name);
    span.fail(details);
  }
  span.finish();
}
