/**
 * What a line of the log says of a request, under the names of OpenTelemetry's semantic conventions (docs/adr/0288): the
 * same words as the labels of metrics and the attributes of spans have. Undefined values are left out of a line.
 */
import type { ProblemCode } from '@kvstore/core/problem.ts';

export interface LoggedRequest {
  readonly method?: string | undefined;
  /** The template, never the path; empty or undefined: none was found. */
  readonly route: string | undefined;
  readonly status?: number | undefined;
  /** Of the problem that was the answer. */
  readonly code?: ProblemCode | undefined;
  /** From when the head had arrived until the answer. */
  readonly seconds?: number | undefined;
}

export function requestFields({ method, route, status, code, seconds }: LoggedRequest): object {
  return {
    'http.request.method': method,
    'http.route': route || undefined,
    'http.response.status_code': status,
    'error.type': code,
    'http.server.request.duration': seconds === undefined ? undefined : Number(seconds.toFixed(3)),
  };
}
