import test from 'ava';
import { outcomeOf } from '../../src/etcd/outcome.ts';
import { plan } from '../../src/etcd/plan/plan.ts';
import { silent, situation } from './plan/situations.ts';

const larger = { volumeSize: '20Gi', volumeBytes: 20 * 2 ** 30 };
const refusal = 'the class cannot grow';

test('volumes that cannot grow are a fault of their own where all members run', (t) => {
  const seen = situation({ wanted: larger });
  const { reason, message, degraded } = outcomeOf(3, seen.observation, plan(seen), refusal);
  t.is(reason, 'EtcdVolumeNotGrown');
  t.true(message.endsWith(refusal), message);
  t.true(degraded);
});

test('a lost quorum is not hidden by volumes that cannot grow, and they are not tried at once again', (t) => {
  const seen = situation({ wanted: larger, list: 'none', seats: [silent(0), silent(1), silent(2)] });
  const { reason, message, degraded, requeueAfterMs } = outcomeOf(3, seen.observation, plan(seen), refusal);
  t.is(reason, 'EtcdQuorumLost');
  t.regex(message, /^no quorum: .*data-\S+-etcd-0 grows to 20Gi: the class cannot grow$/);
  t.true(degraded);
  t.is(requeueAfterMs, 30_000);
});
