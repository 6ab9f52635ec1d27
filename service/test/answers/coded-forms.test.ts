/** Compressed forms of what is kept ready: they count while they are made or sent, and once. */
import { randomBytes } from 'node:crypto';
import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import test from 'ava';
import { CodedForms, largestForm } from '../../src/answers/coded-forms.ts';
import { atOnce, type Coding } from '../../src/answers/codings.ts';
import { ByteBudget } from '../../src/flow-control/byte-budget.ts';

const mebibyte = 1024 ** 2;
/** A long form, of a text that is there or is to be made. */
async function take(forms: CodedForms, coding: Coding, parts: readonly Buffer[], budget: ByteBudget) {
  const form = await forms.take(coding, atOnce + 1, parts, budget);
  if (form?.kind === 'text') throw new Error('The form is short');
  return form;
}

const decoders = { gzip: gunzipSync, zstd: zstdDecompressSync } as const;

for (const coding of ['gzip', 'zstd'] as const) {
  test(`${coding}: a form is made once, and counts from its first client to its last`, async (t) => {
    const budget = new ByteBudget(48 * mebibyte);
    const forms = new CodedForms();
    const parts = [randomBytes(mebibyte), Buffer.from('x'.repeat(mebibyte))];
    const [first, second] = await Promise.all([take(forms, coding, parts, budget), take(forms, coding, parts, budget)]);
    t.true(first !== undefined && first.parts === second?.parts);
    t.true(decoders[coding](Buffer.concat(first?.parts ?? [])).equals(Buffer.concat(parts)));
    t.is(budget.bytes, first?.length ?? 0);
    first?.release();
    t.is(budget.bytes, first?.length ?? 0);
    second?.release();
    t.is(budget.bytes, 0);
    const full = budget.hold(23.5 * mebibyte);
    t.is(await take(forms, coding, parts, budget), undefined, 'no room to send it');
    full?.release();
    const third = await take(forms, coding, parts, budget);
    t.true(third?.parts === first?.parts);
    t.is(budget.bytes, first?.length ?? 0);
    third?.release();
    t.is(budget.bytes, 0);
  });

  test(`${coding}: what grows beyond the largest form, or beyond the room, is given up and holds nothing`, async (t) => {
    const parts = Array.from({ length: 9 }, () => randomBytes(mebibyte));
    const budget = new ByteBudget(48 * mebibyte);
    const forms = new CodedForms();
    const both = await Promise.all([take(forms, coding, parts, budget), take(forms, coding, parts, budget)]);
    t.deepEqual(both, [undefined, undefined]);
    t.is(budget.bytes, 0);
    const again = take(forms, coding, parts, budget);
    t.is(budget.bytes, 0, 'not tried again');
    t.is(await again, undefined);
    const small = new ByteBudget(largestForm);
    const others = new CodedForms();
    t.is(await take(others, coding, parts.slice(0, 6), small), undefined);
    t.is(small.bytes, 0);
    const later = await take(others, coding, parts.slice(0, 6), budget);
    t.is(budget.bytes, later?.length ?? 0, 'with room it is made');
  });
}

for (const coding of ['gzip', 'zstd'] as const) {
  test(`${coding}: of a short text it is made at one go, without room for it`, (t) => {
    const budget = new ByteBudget(mebibyte);
    const full = budget.hold(mebibyte);
    const text = Buffer.from('key '.repeat(1000));
    const forms = new CodedForms();
    const form = forms.take(coding, text.length, [text.subarray(0, 10), text.subarray(10)], budget);
    if (form === undefined || 'then' in form || form.kind !== 'text') return t.fail('not a text');
    t.true(decoders[coding](Buffer.from(form.text, 'latin1')).equals(text));
    t.is(forms.take(coding, text.length, [], budget), form);
    full?.release();
    t.is(budget.bytes, 0);
  });

  test(`${coding}: a short form of a longer text is a text, is there at once for the next client, and holds nothing`, async (t) => {
    const budget = new ByteBudget(48 * mebibyte);
    const forms = new CodedForms();
    const parts = [Buffer.from('key '.repeat(10_000))];
    const ask = () => forms.take(coding, 40_000, parts, budget);
    const waiting = [ask(), ask()];
    const [first, second] = await Promise.all(waiting);
    if (first?.kind !== 'text') return t.fail('not a text');
    t.true(first === second && first === ask());
    t.true(decoders[coding](Buffer.from(first.text, 'latin1')).equals(Buffer.concat(parts)));
    t.is(budget.bytes, 0);
    const full = budget.hold(48 * mebibyte);
    t.is(ask(), first, 'it needs no room');
    full?.release();
  });
}

test('forms of different texts count apart, and together stay within half of the memory', async (t) => {
  const budget = new ByteBudget(48 * mebibyte);
  const taken = [];
  for (let i = 0; i < 10; i++) {
    const parts = Array.from({ length: 6 }, () => randomBytes(mebibyte));
    taken.push(await take(new CodedForms(), 'zstd', parts, budget));
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
  const taken = await Promise.allSettled([take(forms, 'gzip', broken, budget), take(forms, 'gzip', broken, budget)]);
  t.deepEqual(
    taken.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  t.is(budget.bytes, 0);
  t.not(await forms.take('gzip', 1, [Buffer.from('a')], budget), undefined);
});
