/** Node and the process. */
import { timeseries } from './panels.ts';
import { servicePod, window } from './selectors.ts';

export function runtimePanels() {
  return [
    timeseries({
      title: 'CPU',
      description: 'Cores in use. One process uses little more than one; at 1 it is saturated: add replicas.',
      unit: 'short',
      queries: { '{{pod}}': `rate(process_cpu_seconds_total{${servicePod}}[${window}])` },
    }),
    timeseries({
      title: 'Event loop lag',
      description: 'p99 of how late the event loop is. Every request waits that long: it should be milliseconds.',
      unit: 's',
      queries: { '{{pod}}': `nodejs_eventloop_lag_p99_seconds{${servicePod}}` },
    }),
    timeseries({
      title: 'Memory',
      description: 'Resident (with the mapped pages of the index, which the system can take back) and heap in use.',
      unit: 'bytes',
      queries: {
        'resident {{pod}}': `process_resident_memory_bytes{${servicePod}}`,
        'heap {{pod}}': `nodejs_heap_size_used_bytes{${servicePod}}`,
      },
    }),
    timeseries({
      title: 'Garbage collection',
      description: 'Part of the time spent collecting, by kind.',
      unit: 'percentunit',
      queries: { '{{kind}}': `sum by (kind) (rate(nodejs_gc_duration_seconds_sum{${servicePod}}[${window}]))` },
    }),
    timeseries({
      title: 'Open file descriptors',
      description: 'Connections, mostly. Near the maximum new ones fail.',
      unit: 'short',
      queries: {
        'open {{pod}}': `process_open_fds{${servicePod}}`,
        'most {{pod}}': `process_max_fds{${servicePod}}`,
      },
    }),
    timeseries({
      title: 'Restarts',
      description: 'Starts of the process other than the first, in the last hour.',
      unit: 'short',
      queries: { '{{pod}}': `changes(process_start_time_seconds{${servicePod}}[1h])` },
      runbook: 'KvStoreReplicaRestarting',
    }),
  ];
}
