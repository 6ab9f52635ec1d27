/** An etcd that somebody else runs: the operator asks the replicas whether they reach it. */
import test from 'ava';
import { Contacts } from '../../src/reconcile/contact.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { kvStore } from '../support/kvstore.ts';

const external = kvStore({ externalEtcd: { endpoints: ['https://etcd:2379'], clientCertificate: true } });

/** Lets the answers arrive. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

test('the replicas of a store over an external etcd are asked, now and then, and nothing waits for them', async (t) => {
  const clock = new FakeClock();
  let asked = 0;
  const changed: string[] = [];
  const contacts = new Contacts(
    clock,
    async () => 20_000 * asked++,
    (key) => changed.push(key),
  );
  t.is(contacts.of(kvStore(), 3), undefined, 'an etcd of its own is looked at itself');
  t.is(contacts.of(external, 0), undefined, 'no replica is there to answer');
  t.is(asked, 0);
  t.is(contacts.of(external, 3), undefined, 'not known yet');
  await settle();
  t.deepEqual(contacts.of(external, 3), { ms: 0 });
  t.deepEqual(changed, ['web/shop']);
  for (const ms of [20_000, 40_000]) {
    clock.advance(15_000);
    contacts.of(external, 3);
    await settle();
    t.deepEqual(contacts.of(external, 3), { ms });
  }
  t.is(changed.length, 2, 'only what makes a difference is told');
});

test('replicas that cannot be asked say nothing', async (t) => {
  const contacts = new Contacts(
    new FakeClock(),
    () => Promise.reject(new Error('no answer')),
    () => {},
  );
  contacts.of(external, 3);
  await settle();
  t.deepEqual(contacts.of(external, 3), { ms: undefined });
});
