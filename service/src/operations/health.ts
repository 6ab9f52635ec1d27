/** Probes and metrics. Liveness says that the process answers, and nothing about what it depends on. */
import { Problem } from '@kvstore/core/problem.ts';
import { ageHeaders } from '../answers/age.ts';
import { type TextAnswer, textAnswer, withHeaders } from '../answers/answer.ts';
import { notStored } from '../answers/cache-control.ts';
import { preferred } from '../requests/media-types.ts';
import type { RawRequest } from '../requests/raw-request.ts';
import type { Drain } from '../server/drain.ts';
import { type Peers, replicaHeader } from '../server/peers.ts';
import type { Store } from '../store/store.ts';
import type { MetricsPage } from '../telemetry/metrics-page.ts';
import type { WarmUp } from '../warm-up/warm-up.ts';

export function live(): TextAnswer {
  return ok([]);
}

export interface ReadyParts {
  readonly store: Store;
  readonly drain: Drain;
  readonly peers: Peers | undefined;
  readonly warmUp?: Pick<WarmUp, 'notReady'> | undefined;
}

/** Why a replica is not to be sent requests. Never because of what all replicas depend on alike (docs/adr/0191). */
export function notReady({ store, drain, peers, warmUp }: ReadyParts): string | undefined {
  return drain.draining
    ? 'The server is shutting down.'
    : (store.notReady() ?? peers?.notReady() ?? warmUp?.notReady());
}

/** Throws Problem `not-ready`. */
export function ready(parts: ReadyParts): () => TextAnswer {
  const { peers } = parts;
  return () => {
    const reason = notReady(parts);
    const headers = peers === undefined ? [] : [...ageHeaders(peers.age()), replicaHeader, peers.id];
    if (reason !== undefined) throw new Problem('not-ready', reason, { headers: recordOf(headers) });
    return ok(headers);
  };
}

function ok(headers: readonly string[]): TextAnswer {
  const all = [...headers, ...notStored, 'Content-Type', 'application/json; charset=utf-8'];
  return textAnswer(200, all, '{"status":"ok"}');
}

function recordOf(headers: readonly string[]): Record<string, string> {
  const record: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) record[headers[i] as string] = headers[i + 1] as string;
  return record;
}

/** `exemplars`: a scraper that asks for OpenMetrics gets it. Else there is nothing that only that format can say. */
export function metricsText(
  page: MetricsPage,
  exemplars: boolean,
): (request: Pick<RawRequest, 'headers'>) => Promise<TextAnswer> {
  return async ({ headers }) => {
    if (!exemplars) return page.plain();
    const isOpen = preferred(headers.accept, [plainText, openMetrics]) === openMetrics;
    return withHeaders(await (isOpen ? page.open() : page.plain()), ['Vary', 'Accept']);
  };
}

const plainText = { type: 'text/plain', version: '0.0.4' };
const openMetrics = { type: 'application/openmetrics-text', version: '1.0.0' };
