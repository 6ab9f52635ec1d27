/** Series of many stores for an hour, as OpenMetrics text that promtool makes blocks of. */
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { podPointP99 } from '../src/alerts/recording.ts';

export interface Fleet {
  readonly stores: number;
  readonly replicas: number;
  /** Samples of each series. */
  readonly samples: number;
  /** Seconds between two samples. */
  readonly interval: number;
  /** Unix seconds of the last sample. */
  readonly end: number;
}

const bounds = [
  '0.0005',
  '0.001',
  '0.0025',
  '0.005',
  '0.01',
  '0.025',
  '0.05',
  '0.1',
  '0.25',
  '0.5',
  '1',
  '2.5',
  '5',
  '10',
  '+Inf',
];
const requests: readonly (readonly [method: string, route: string, status: string, perSecond: number])[] = [
  ['GET', '/get/{key}', '200', 40],
  ['GET', '/get/{key}', '404', 2],
  ['POST', '/set', '200', 8],
  ['POST', '/set', '503', 0.01],
];
const gauges: Readonly<Record<string, number>> = {
  up: 1,
  kvstore_keys: 1000,
  kvstore_revision: 5000,
  kvstore_index_lag_revisions: 0,
  kvstore_write_queue: 3,
  kvstore_service_ready: 1,
  kvstore_service_draining: 0,
  kvstore_snapshot_growth_bytes: 0,
  http_server_active_requests: 2,
  http_server_open_connections: 12,
  nodejs_eventloop_lag_p99_seconds: 0.01,
  process_start_time_seconds: 1_700_000_000,
};
/** Of each store, from the operator and the recording rules. */
const ofStore: Readonly<Record<string, number>> = {
  kvstore_ready: 1,
  kvstore_degraded: 0,
  kvstore_paused: 0,
  kvstore_replicas_desired: 3,
  kvstore_replicas_ready: 3,
  kvstore_replicas_updated: 3,
};
const recorded: Readonly<Record<string, number>> = {
  'kvstore:requests:rate5m': 150,
  'kvstore:requests_failed:rate5m': 0.03,
  'kvstore:requests_failed:ratio_rate5m': 0.0002,
  'kvstore:point_requests_slow:ratio_rate5m': 0.001,
  'kvstore:requests_failed:budget_left30d': 0.8,
  'kvstore:requests_by_version:rate2m': 150,
};

/** Writes the file. @returns how many series it has */
export async function writeFleet(file: string, fleet: Fleet): Promise<number> {
  const counted = { series: 0 };
  await pipeline(Readable.from(families(fleet, counted)), createWriteStream(file));
  return counted.series;
}

interface Counted {
  series: number;
}

function* families(fleet: Fleet, counted: Counted): Generator<string> {
  const stores = Array.from({ length: fleet.stores }, (_, i) => `namespace="team-${i % 50}",kvstore="store-${i}"`);
  const pods = stores.flatMap((store, i) =>
    Array.from({ length: fleet.replicas }, (_, n) => `component="service",${store},pod="store-${i}-${n}"`),
  );
  const times = Array.from({ length: fleet.samples }, (_, n) => fleet.end - (fleet.samples - 1 - n) * fleet.interval);
  const series = (name: string, labels: string, value: (n: number) => number): string => {
    counted.series++;
    return times.map((time, n) => `${name}{${labels}} ${value(n)} ${time}\n`).join('');
  };
  for (const [name, value] of Object.entries(gauges)) {
    yield `# TYPE ${name} gauge\n`;
    for (const pod of pods) yield series(name, pod, () => value);
  }
  yield '# TYPE kvstore_build_info gauge\n';
  for (const pod of pods) yield series('kvstore_build_info', `${pod},version="1.0.0",node="v26"`, () => 1);
  for (const [name, value] of Object.entries(ofStore)) {
    yield `# TYPE ${name} gauge\n`;
    for (const store of stores) yield series(name, store.replace('kvstore=', 'name='), () => value);
  }
  for (const [name, value] of Object.entries(recorded)) {
    yield `# TYPE ${name} gauge\n`;
    for (const store of stores) yield series(name, store, () => value);
  }
  yield '# TYPE kvstore:request_duration_bucket:rate5m gauge\n';
  for (const store of stores) {
    for (const route of new Set(requests.map(([, each]) => each))) {
      for (const [i, le] of bounds.entries()) {
        const labels = `${store},http_route="${route}",le="${le}"`;
        yield series('kvstore:request_duration_bucket:rate5m', labels, () => 40 * Math.min(1, (i + 1) / 8));
      }
    }
  }
  yield `# TYPE ${podPointP99} gauge\n`;
  for (const pod of pods) yield series(podPointP99, pod.replace('component="service",', ''), () => 0.012);
  yield '# TYPE process_cpu_seconds counter\n';
  for (const pod of pods) yield series('process_cpu_seconds_total', pod, (n) => n * 12);
  yield '# TYPE kvstore_http_problems counter\n';
  for (const pod of pods) yield series('kvstore_http_problems_total', `${pod},code="overloaded"`, (n) => n);
  const duration = 'http_server_request_duration_seconds';
  yield `# TYPE ${duration} histogram\n`;
  for (const pod of pods) {
    for (const [method, route, status, perSecond] of requests) {
      const labels = `${pod},http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"`;
      const total = (n: number) => Math.round(n * fleet.interval * perSecond);
      for (const [i, le] of bounds.entries()) {
        yield series(`${duration}_bucket`, `${labels},le="${le}"`, (n) =>
          Math.round(total(n) * Math.min(1, (i + 1) / 8)),
        );
      }
      yield series(`${duration}_sum`, labels, (n) => total(n) * 0.004);
      yield series(`${duration}_count`, labels, total);
    }
  }
  yield '# EOF\n';
}
