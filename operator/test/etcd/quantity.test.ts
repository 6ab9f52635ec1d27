import test from 'ava';
import { bytesOf } from '../../src/etcd/quantity.ts';
import { quotaBytes } from '../../src/etcd/settings.ts';

const gib = 2 ** 30;

test('quantities are bytes', (t) => {
  t.is(bytesOf('1.5Gi'), 1.5 * gib);
  t.is(bytesOf('2e9'), 2e9);
  t.is(bytesOf('10G'), 1e10);
  t.is(bytesOf('128'), 128);
  t.throws(() => bytesOf('much'), { message: /much/ });
  t.throws(() => bytesOf('1Xi'));
});

test('the quota leaves room for a second copy and the log, and is 8 GiB at most', (t) => {
  t.is(quotaBytes(10 * gib), 4.75 * gib);
  t.is(quotaBytes(100 * gib), 8 * gib);
  t.is(quotaBytes(64 * 2 ** 20), 16 * 2 ** 20);
});
