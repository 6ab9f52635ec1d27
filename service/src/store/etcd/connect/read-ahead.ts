import { getDefaultHighWaterMark, setDefaultHighWaterMark } from 'node:stream';

/**
 * Makes a stream of answers that reads one ahead while it is paused. gRPC's streams take Node's default when they are made,
 * 16 answers, and one of etcd may have 8 MiB.
 */
export function readingLittleAhead<T>(make: () => T): T {
  const mark = getDefaultHighWaterMark(true);
  setDefaultHighWaterMark(true, 1);
  try {
    return make();
  } finally {
    setDefaultHighWaterMark(true, mark);
  }
}
