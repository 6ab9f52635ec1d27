import test from 'ava';
import { type Operation, violations } from './history.ts';

/** `w1 0-10` writes 1 from 0 to 10, `r1 5-7` reads 1, `r- 5-7` reads nothing; `w1 0-` has no known end. */
function history(text: string): Operation[] {
  return text.split(', ').map((part, client) => {
    const [, kind, value, start, end] = /^([rw])(\S+) (\d+)-(\d*)$/.exec(part) ?? [];
    return {
      ...{ client, kind: kind === 'w' ? 'write' : 'read', register: 'x' },
      ...{ value: value === '-' ? undefined : value, start: Number(start) },
      end: end === '' ? Number.POSITIVE_INFINITY : Number(end),
    };
  });
}

for (const text of [
  'w1 0-10, r1 20-30',
  'r- 0-10, w1 5-15, r- 6-9, r1 12-20',
  'w1 0-10, w2 5-15, r1 20-30',
  'w1 0-10, w2 5-15, r2 20-30',
  'w1 0-10, w2 20-, r1 30-40, r2 50-60, r2 70-80',
  'w1 0-10, w2 20-, r1 30-40',
  'w1 0-100, r1 10-20, r- 5-30',
  'w1 0-10, w2 0-100, r2 20-30, r2 90-110',
]) {
  test(`linearizable: ${text}`, (t) => {
    t.deepEqual(violations(history(text)), []);
  });
}

for (const text of [
  'w1 0-10, r- 20-30',
  'w1 0-10, w2 20-30, r1 40-50',
  'r1 0-10, w1 20-30',
  'w1 0-10, w2 5-15, r1 20-30, r2 40-50, r1 60-70',
  'w1 0-10, r2 20-30',
  'w1 0-10, w2 20-30, r1 40-50, r2 60-70',
  'w1 0-100, r1 10-20, r- 30-40',
  'w1 0-10, w2 20-, r2 30-40, r1 50-60',
]) {
  test(`not linearizable: ${text}`, (t) => {
    t.true(violations(history(text)).length > 0);
  });
}

test('two writes that replaced the same value are a violation, one is none', (t) => {
  const replacing = (value: string, replaced: string | undefined): Operation => {
    return { ...{ client: 1, kind: 'write', register: 'x' }, value, replaces: { value: replaced }, start: 20, end: 40 };
  };
  const [first] = history('w1 0-10');
  if (first === undefined) throw new Error('no operation');
  t.deepEqual(violations([first, replacing('2', '1')]), []);
  t.deepEqual(violations([first, replacing('2', '1'), replacing('3', '1')]).length, 1);
  t.deepEqual(violations([replacing('2', undefined), replacing('3', undefined)]).length, 1);
});
