/** An etcd that somebody else runs: the operator asks the replicas whether they reach it. */
import test from 'ava';
import { Contacts } from '../src/contact.ts';
import { FakeClock } from './support/fake-clock.ts';
import { kvStore } from './support/kvstore.ts';

const external = kvStore({ externalEtcd: { endpoints: ['https://etcd:2379'], clientCertificate: true } });

test('the replicas of a store over an external etcd are asked, now and then', async (t) => {
  const clock = new FakeClock();
  let asked = 0;
  const contacts = new Contacts(clock, async () => 1000 * ++asked);
  t.is(await contacts.of(kvStore(), 3), undefined, 'an etcd of its own is looked at itself');
  t.is(await contacts.of(external, 0), undefined, 'nobody is there to answer');
  t.is(asked, 0);
  t.is(await contacts.of(external, 3), 1000);
  t.is(await contacts.of(external, 3), 1000);
  clock.advance(15_000);
  t.is(await contacts.of(external, 3), 2000);
});

test('replicas that cannot be asked say nothing', async (t) => {
  const contacts = new Contacts(new FakeClock(), () => Promise.reject(new Error('no answer')));
  t.is(await contacts.of(external, 3), undefined);
});
