import test from 'ava';
import { bytesOf } from '../../src/etcd/quantity.ts';
import { quotaBytes, sharedSettings } from '../../src/etcd/settings.ts';

const gib = 2 ** 30;

test('quantities are bytes', (t) => {
  t.is(bytesOf('1.5Gi'), 1.5 * gib);
  t.is(bytesOf('2e9'), 2e9);
  t.is(bytesOf('10G'), 1e10);
  t.is(bytesOf('128'), 128);
  t.is(bytesOf('.5Ki'), 512);
  t.deepEqual(['1500m', '3000000u', '4000000000n'].map(bytesOf), [2, 3, 4]);
  t.throws(() => bytesOf('much'), { message: /much/ });
  t.throws(() => bytesOf('1Xi'));
});

test('the quota leaves room for a second copy and the log, and is 8 GiB at most', (t) => {
  t.is(quotaBytes(10 * gib), 4.75 * gib);
  t.is(quotaBytes(100 * gib), 8 * gib);
  t.is(quotaBytes(64 * 2 ** 20), 16 * 2 ** 20);
});

test('entries that are kept and the log have room, of any size of volume and memory', (t) => {
  const of = (volumeBytes: number, memoryBytes?: number) => {
    const settings = sharedSettings({ volumeBytes, memoryBytes });
    return [settings['snapshot-count'], settings['snapshot-catchup-entries']];
  };
  t.deepEqual(of(8 * gib, 2 * gib), [1000, 512]);
  t.deepEqual(of(gib, gib / 2), [128, 128]);
  t.deepEqual(of(gib / 4, gib / 16), [100, 50]);
  t.deepEqual(of(100 * gib), [1000, 1000]);
});
