/** Compressed bodies: few are decompressed at once, and what they are not any more counts no longer. */
import { setImmediate } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Problem } from '@kvstore/core/problem.ts';
import test from 'ava';
import { waitFor } from '../../../../test-support/wait-for.ts';
import { ByteBudget } from '../../../src/flow-control/byte-budget.ts';
import { type BodyOwner, decompressInTurn } from '../../../src/requests/body/decompress-in-turn.ts';

const maxBytes = 1024 ** 2;
const small = gzipSync('{"a":1}');
const large = gzipSync('x'.repeat(maxBytes));

function owner(budget: ByteBudget) {
  const state = { isClosed: false, released: 0 };
  return Object.assign(state, {
    hold: (bytes: number) => budget.hold(bytes),
    releaseBody: () => {
      state.released++;
    },
  }) satisfies BodyOwner;
}

const codeOf = async (work: Promise<unknown>) => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof Problem ? error.code : undefined;
};

test('far more than have room at once are decompressed in turn, and each counts as it is then', async (t) => {
  const budget = new ByteBudget(3 * maxBytes);
  const decompress = decompressInTurn({ maxBytes, maxWait: 60_000 });
  const owners = Array.from({ length: 300 }, () => owner(budget));
  const working = owners.map((each) => decompress(each, small, 'gzip'));
  t.is(budget.bytes, 3 * maxBytes, 'as many as have room');
  for (const body of await Promise.all(working)) t.is(body.toString(), '{"a":1}');
  await waitFor('all gave their bodies back', () => owners.every(({ released }) => released === 1));
  t.is(budget.bytes, 300 * '{"a":1}'.length);
});

test('not more than a few at once, however much room there is', async (t) => {
  const budget = new ByteBudget(1000 * maxBytes);
  const decompress = decompressInTurn({ maxBytes, maxWait: 60_000 });
  const working = Array.from({ length: 50 }, () => decompress(owner(budget), large, 'gzip'));
  t.is(budget.bytes, 8 * maxBytes);
  for (const body of await Promise.all(working)) t.is(body.length, maxBytes);
  t.is(budget.bytes, 50 * maxBytes);
});

test('a body without room is refused when none can give it any; so is one that waited too long', async (t) => {
  const budget = new ByteBudget(3 * maxBytes);
  const clock = { now: 0 };
  const decompress = decompressInTurn({ maxBytes, maxWait: 1000, now: () => clock.now });
  const held = budget.hold(2.5 * maxBytes);
  t.is(await codeOf(decompress(owner(budget), small, 'gzip')), 'overloaded');
  held?.shrink(1.5 * maxBytes);
  const first = decompress(owner(budget), small, 'gzip');
  const late = codeOf(decompress(owner(budget), small, 'gzip'));
  clock.now += 1001;
  t.is((await first).toString(), '{"a":1}');
  t.is(await late, 'overloaded');
  t.is((await decompress(owner(budget), small, 'gzip')).toString(), '{"a":1}');
});

test('what cannot be decompressed, or is too large, holds nothing; of a client that has left nothing is made', async (t) => {
  const budget = new ByteBudget(maxBytes);
  const decompress = decompressInTurn({ maxBytes, maxWait: 60_000 });
  const broken = codeOf(decompress(owner(budget), small.subarray(0, 5), 'gzip'));
  const left = owner(budget);
  let isSettled = false;
  void decompress(left, small, 'gzip').finally(() => {
    isSettled = true;
  });
  const tooLarge = codeOf(decompress(owner(budget), gzipSync('x'.repeat(maxBytes + 1)), 'gzip'));
  left.isClosed = true;
  t.is(await broken, 'invalid-body');
  t.is(await tooLarge, 'body-too-large');
  await setImmediate();
  t.deepEqual([isSettled, left.released, budget.bytes], [false, 0, 0]);
});
