import test from 'ava';
import { type Counted, counterViolations } from './counter-history.ts';

/** `i1 0-10` is answered with 1, from 0 to 10; `i? 0-` has an unknown outcome; `r1 5-7` reads 1. */
function history(text: string): Counted[] {
  return text.split(', ').map((part) => {
    const [, letter, value, start, end] = /^([ir])(\d+|\?) (\d+)-(\d*)$/.exec(part) ?? [];
    if (letter === undefined) throw new Error(`no operation: ${part}`);
    return {
      kind: letter === 'i' ? 'increment' : 'read',
      value: value === '?' ? undefined : Number(value),
      start: Number(start),
      end: end === '' ? Number.POSITIVE_INFINITY : Number(end),
    };
  });
}

for (const text of [
  'i1 0-10, r1 20-30',
  'r0 0-5, i1 0-10, i2 0-10, r2 20-30',
  'i2 0-10, i1 5-15, r1 6-9, r2 20-30',
  'i1 0-10, i? 20-, i3 30-40, r3 50-60',
  'i1 0-10, i? 20-, r1 30-40, r2 50-60',
  'i1 0-10, i? 20-, r1 30-40',
]) {
  test(`linearizable: ${text}`, (t) => {
    t.deepEqual(counterViolations(history(text)), []);
  });
}

for (const [text, violation] of [
  ['i1 0-10, i1 20-30, r1 40-50', 'two increments were answered with 1'],
  ['i1 0-10, i2 0-10, r1 20-30', 'read of 1, although 2 had been answered before'],
  ['i2 0-10, i1 20-30, r2 40-50', 'increment of 1, although 2 had been answered before'],
  ['r2 0-10, i2 20-30, i1 0-30, r2 40-50', 'increment of 2, although 2 had been answered before'],
  // Doubled: done twice, answered once.
  ['i1 0-10, r2 20-30', '2 was reached by 1 answered increments and 0 unknown ones'],
  ['i1 0-10, i? 20-, i4 30-40, r4 50-60', '4 was reached by 2 answered increments and 1 unknown ones'],
] as const) {
  test(`not linearizable: ${text}`, (t) => {
    t.true(counterViolations(history(text)).includes(violation), counterViolations(history(text)).join('; '));
  });
}
