import test from 'ava';
import { mostUnread, readBatching } from '../../../../src/telemetry/tracing/export/batching.ts';

test('spans wait as long as the standard says, or its variables', (t) => {
  t.deepEqual(readBatching({}), { most: 512, longest: 5000 });
  const asked = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '64', OTEL_BSP_SCHEDULE_DELAY: '250' };
  t.deepEqual(readBatching(asked), { most: 64, longest: 250 });
});

test('no more are handed over than the queue of the SDK and that of the thread hold, and none waits for longer than a timer can', (t) => {
  const asked = { OTEL_BSP_MAX_QUEUE_SIZE: '100', OTEL_BSP_SCHEDULE_DELAY: '1e12' };
  t.deepEqual(readBatching(asked), { most: 100, longest: 2 ** 31 - 1 });
  const large = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '20000', OTEL_BSP_MAX_QUEUE_SIZE: '20000' };
  t.is(readBatching(large).most, mostUnread);
});

for (const text of ['', ' ', 'many', '-1', '0', 'Infinity', 'NaN']) {
  test(`"${text}" is neither a number of spans nor of milliseconds`, (t) => {
    const asked = { OTEL_BSP_MAX_EXPORT_BATCH_SIZE: text, OTEL_BSP_SCHEDULE_DELAY: text };
    t.deepEqual(readBatching(asked), { most: 512, longest: 5000 });
  });
}
