import test, { type ExecutionContext } from 'ava';
import { jsonAnswer } from '../../src/answers/answer.ts';
import { viewTag } from '../../src/answers/entity-tag.ts';
import { LimitedReads } from '../../src/caches/limited-reads.ts';
import { type Reads, RepeatedReads } from '../../src/caches/repeated-reads.ts';
import { LimitedStore } from '../../src/store/limited/limited-store.ts';
import { Scope } from '../../src/store/limited/scope.ts';
import type { Store } from '../../src/store/store.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { openEmbedded } from '../support/open-embedded.ts';

const textOf = (answer: ReturnType<Reads['get']>) => (answer?.kind === 'text' ? answer.text : answer);

/** What is kept for the whole store, and for two tokens with the same prefixes. */
async function open(t: ExecutionContext) {
  const clock = new ManualClock();
  const store = await openEmbedded(t, clock);
  const whole = new RepeatedReads(1 << 20, store);
  const limited = () => {
    const view = new LimitedStore(store, new Scope(['a/']));
    return { view: view as Store, reads: new LimitedReads(whole, store, view) as Reads };
  };
  return { clock, store, all: { view: store as Store, reads: whole as Reads }, one: limited(), other: limited() };
}

type Seen = Awaited<ReturnType<typeof open>>['all'];

const tagOf = ({ view }: Seen) => viewTag(view, view);
const keep = (seen: Seen, text: string, tag = tagOf(seen)) => seen.reads.pass('q', tag, jsonAnswer(text));
const kept = (seen: Seen) => textOf(seen.reads.get('q', tagOf(seen)));

test('each has its own answer to the same question, until a write', async (t) => {
  const { store, all, one, other } = await open(t);
  for (const [i, seen] of [all, one, other].entries()) {
    t.is(kept(seen), undefined);
    keep(seen, `"${i}"`);
  }
  t.deepEqual([all, one, other].map(kept), ['"0"', '"1"', '"2"'], 'none drops those of the others');
  await store.set([{ key: 'b', value: '1' }]);
  t.deepEqual([all, one, other].map(kept), [undefined, undefined, undefined]);
});

test('what was read before a write or an expiry is not kept for what is seen behind it', async (t) => {
  const { clock, store, one } = await open(t);
  await store.set([{ key: 'a/1', value: '1' }], { ttl: 10 });
  const before = tagOf(one);
  await store.set([{ key: 'a/2', value: '1' }]);
  keep(one, '"before"', before);
  t.is(kept(one), undefined);
  keep(one, '"now"');
  t.is(kept(one), '"now"');
  clock.pass(10_000);
  t.not(store.lastExpired(), undefined);
  t.is(kept(one), undefined);
  keep(one, '"expired"');
  t.is(kept(one), '"expired"');
});

test('a tag that is not its own finds nothing', async (t) => {
  const { all, one } = await open(t);
  keep(one, '"limited"');
  t.is(one.reads.get('q', tagOf(all)), undefined);
  t.is(all.reads.get('q', tagOf(one)), undefined);
});
