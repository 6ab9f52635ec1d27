/**
 * Sheds load in front of the application. While the event loop has time, a request goes straight on. Else it waits for
 * its turn, and when it would wait for too long it is refused at once: 503, with Retry-After. Probes always go on.
 */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { machinePaths, metricsPath, probePaths } from '@kvstore/core/machine-paths.ts';
import { overloaded } from '@kvstore/core/problem.ts';
import { problemAnswer } from '../answers/problem.ts';
import { isLargeRead } from '../flow-control/connection-marks.ts';
import type { EventLoopScheduler } from '../flow-control/event-loop-scheduler.ts';
import { RateLimit } from '../flow-control/rate-limit.ts';
import { smallBody } from '../requests/body/body.ts';
import type { Spans } from '../store/spans.ts';
import type { HttpMetrics } from '../telemetry/http-metrics.ts';
import { sendBeforeBody } from './send-before-body.ts';

/** Requests that may wait for their turn, however fast they are taken: each holds some 10 KiB. */
const maxWaiting = 10_000;

/** Probes and metrics must never wait behind other requests. */
const longest = Math.max(...[...machinePaths].map((path) => path.length));

/** Scrapes in a second that do not wait either: what overload looks like must be seen. More are requests like others. */
const scrapesPerSecond = 10;

export interface AdmissionOptions {
  readonly scheduler: EventLoopScheduler;
  /** Milliseconds that a request may wait for its turn. */
  readonly maxWait: number;
  readonly metrics: Pick<HttpMetrics, 'problem' | 'waited'>;
  /** What is done for a sampled request belongs to its trace. */
  readonly spans: Pick<Spans, 'bind'>;
}

/** Puts the gate in front of a listener. */
export function admission(
  { scheduler, maxWait, metrics, spans }: AdmissionOptions,
  rest: RequestListener,
): RequestListener {
  const refuse = (response: ServerResponse) => {
    metrics.problem('overloaded');
    sendBeforeBody(response, refused);
  };
  const scrapes = new RateLimit(scrapesPerSecond);
  return (request, response) => {
    const { url = '' } = request;
    // Most are longer, which is seen without reading them.
    if (url.length <= longest && (probePaths.has(url) || (url === metricsPath && scrapes.take() !== undefined))) {
      return rest(request, response);
    }
    // A single read is done in less time than its place in the queue would take, but for those of large values.
    const isSingle = request.method === 'GET' && url.startsWith('/get/');
    if (isSingle && !(scheduler.hasSentMuch && isLargeRead(request.socket, url))) return rest(request, response);
    const isLong = isSingle || mayBeLong(request);
    if (scheduler.free(isLong)) return rest(request, response);
    if (scheduler.waiting >= maxWaiting || scheduler.expectedWait(isLong) > maxWait) return refuse(response);
    const begin = (waited: number) => {
      metrics.waited(waited / 1000);
      // The client is gone and reads no answer.
      if (response.destroyed) return;
      if (waited > maxWait) refuse(response);
      else rest(request, response);
    };
    // Its turn comes in the context of the request that was there first.
    scheduler.wait(spans.bind(begin), isLong);
  };
}

/** Reads of many keys, and writes with large bodies. */
function mayBeLong({ method, headers }: IncomingMessage): boolean {
  if (method === 'GET' || method === 'HEAD') return true;
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > smallBody;
}

const refused = problemAnswer(overloaded('More is asked of the service than it can do now.'));
