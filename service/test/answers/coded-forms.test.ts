/** Compressed forms of what is kept ready: they count while they are made or sent, and once. */
import { randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import test from 'ava';
import { CodedForms, largestForm } from '../../src/answers/coded-forms.ts';
import { ByteBudget } from '../../src/server/byte-budget.ts';

const mebibyte = 1024 ** 2;
const decoders = { gzip: gunzipSync, zstd: zstdDecompressSync } as const;

for (const coding of ['gzip', 'zstd'] as const) {
  test(`${coding}: a form is made once, and counts from its first client to its last`, async (t) => {
    const budget = new ByteBudget(48 * mebibyte);
    const forms = new CodedForms();
    const parts = [randomBytes(mebibyte), Buffer.from('x'.repeat(mebibyte))];
    const [first, second] = await Promise.all([forms.take(coding, parts, budget), forms.take(coding, parts, budget)]);
    t.true(first !== undefined && first.parts === second?.parts);
    t.true(decoders[coding](Buffer.concat(first?.parts ?? [])).equals(Buffer.concat(parts)));
    t.is(budget.bytes, first?.length ?? 0);
    first?.release();
    t.is(budget.bytes, first?.length ?? 0);
    second?.release();
    t.is(budget.bytes, 0);
    const full = budget.hold(23.5 * mebibyte);
    t.is(await forms.take(coding, parts, budget), undefined, 'no room to send it');
    full?.release();
    const third = await forms.take(coding, parts, budget);
    t.true(third?.parts === first?.parts);
    t.is(budget.bytes, first?.length ?? 0);
    third?.release();
    t.is(budget.bytes, 0);
  });

  test(`${coding}: what grows beyond the largest form, or beyond the room, is given up and holds nothing`, async (t) => {
    const parts = Array.from({ length: 9 }, () => randomBytes(mebibyte));
    const budget = new ByteBudget(48 * mebibyte);
    const forms = new CodedForms();
    const both = await Promise.all([forms.take(coding, parts, budget), forms.take(coding, parts, budget)]);
    t.deepEqual(both, [undefined, undefined]);
    t.is(budget.bytes, 0);
    const again = forms.take(coding, parts, budget);
    t.is(budget.bytes, 0, 'not tried again');
    t.is(await again, undefined);
    const small = new ByteBudget(largestForm);
    const others = new CodedForms();
    t.is(await others.take(coding, parts.slice(0, 6), small), undefined);
    t.is(small.bytes, 0);
    const later = await others.take(coding, parts.slice(0, 6), budget);
    t.is(budget.bytes, later?.length ?? 0, 'with room it is made');
  });
}

test('forms of different texts count apart, and together stay within half of the memory', async (t) => {
  const budget = new ByteBudget(48 * mebibyte);
  const taken = [];
  for (let i = 0; i < 10; i++) {
    const parts = Array.from({ length: 6 }, () => randomBytes(mebibyte));
    taken.push(await new CodedForms().take('zstd', parts, budget));
    t.true(budget.bytes <= 24 * mebibyte);
  }
  t.is(taken.filter((form) => form !== undefined).length, 3);
  for (const form of taken) form?.release();
  t.is(budget.bytes, 0);
});

test('what cannot be compressed rejects for all who wait, holds nothing, and is tried again', async (t) => {
  const budget = new ByteBudget(48 * mebibyte);
  const forms = new CodedForms();
  const broken = [Buffer.from('a'), 1 as unknown as Buffer];
  const taken = await Promise.allSettled([forms.take('gzip', broken, budget), forms.take('gzip', broken, budget)]);
  t.deepEqual(
    taken.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.is(budget.bytes, 0);
  t.not(await forms.take('gzip', [Buffer.from('a')], budget), undefined);
});
