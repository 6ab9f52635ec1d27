/** Each request as a span of OpenTelemetry's SDK, which also sends it: the least that the usual way takes for a sampled trace. */
import type { RequestListener } from 'node:http';
import { propagation, ROOT_CONTEXT, SpanKind, trace } from '@opentelemetry/api';
import { NodeSDK } from '@opentelemetry/sdk-node';

/** Where spans go is said by OTEL_EXPORTER_OTLP_ENDPOINT. */
export function traced(listener: RequestListener): RequestListener {
  new NodeSDK({ serviceName: 'raw', instrumentations: [], metricReaders: [], logRecordProcessors: [] }).start();
  const tracer = trace.getTracer('raw');
  return (request, response) => {
    const { method = '', headers, httpVersion, socket } = request;
    // What the service's own spans say of a request.
    const attributes = {
      'http.request.method': method,
      'url.scheme': 'http',
      'network.protocol.version': httpVersion,
      'client.address': socket.remoteAddress,
      'server.address': '127.0.0.1',
      'server.port': socket.localPort,
      'http.route': '/get/{key}',
    };
    const caller = propagation.extract(ROOT_CONTEXT, headers);
    const span = tracer.startSpan(`${method} /get/{key}`, { kind: SpanKind.SERVER, attributes }, caller);
    response.once('close', () => {
      span.setAttribute('http.response.status_code', response.statusCode);
      span.end();
    });
    listener(request, response);
  };
}
