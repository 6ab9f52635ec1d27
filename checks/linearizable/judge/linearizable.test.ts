import test from 'ava';
import type { Operation } from '../history/operation.ts';
import { absent } from '../history/registers.ts';
import { violations } from './linearizable.ts';

/**
 * `w1 0-10` writes 1 from 0 to 10, `r1 5-7` reads 1, `r- 5-7` reads nothing; `w1 0-` has no known end. `w1>2 0-10`
 * replaces 1 by 2 on a condition, `w->2` nothing; `x1 0-10` asks for 1, or for nothing (`x-`), and is refused.
 */
function history(text: string): Operation[] {
  return text.split(', ').map((part, client) => {
    const [, letter = '', before, value, start, end] = /^([rwx])(?:(\S+)>)?(\S+) (\d+)-(\d*)$/.exec(part) ?? [];
    const kind = ({ r: 'read', w: 'write', x: 'refused' } as const)[letter];
    if (kind === undefined) throw new Error(`no operation: ${part}`);
    const nothing = kind === 'refused' ? absent : undefined;
    return {
      ...{ client, kind, register: 'x', value: value === '-' ? nothing : value },
      ...(before === undefined ? {} : { replaces: { value: before === '-' ? undefined : before } }),
      ...{ start: Number(start), end: end === '' ? Number.POSITIVE_INFINITY : Number(end) },
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
  // On conditions.
  'w->1 0-10, w1>2 20-30, r2 40-50',
  'w1 0-10, w1>2 20-40, r1 22-30, r2 35-45',
  'w1 0-10, w1>2 20-, r2 40-50',
  'w1 0-10, w1>2 20-, r1 40-50',
  'w1 0-10, w2 0-10, w2>3 20-30, r3 40-50',
  'w1 0-10, w2 5-15, r2 20-25, x1 30-40, w2>3 50-60',
  // Refused, and there is a reason.
  'w1 0-10, x1 5-15',
  'w1 0-10, w2 20-40, x1 25-30, r2 50-60',
  'w1 0-10, w1>2 20-40, x1 25-30, r2 50-60',
  'w1 0-10, w2 20-, x1 30-40, w3 50-60, r3 70-80',
  'w1 0-10, w2 0-10, x2 20-30, r1 40-50',
  'w1 0-10, x- 5-15',
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
  // Another value was replaced than the one that the condition named.
  'w1 0-10, w2 20-30, w1>3 40-50',
  'w1 0-10, w2 0-10, r2 12-15, w1>3 20-30',
  'w1 0-10, w1>2 20-30, w1>3 40-50',
  'w1 0-10, w->2 20-30',
  'w1 0-10, w1>2 20-40, w3 20-40, r1 15-18, r3 22-23, r2 30-31',
  'w1 0-10, w1>2 20-40, r2 22-25, r1 30-35',
  'w->1 0-10, w->2 20-30',
  'w1>2 0-10, w2>1 20-30',
  // Refused, although it stood.
  'w1 0-10, x1 20-30',
  'w1 0-10, x1 20-30, w2 40-50, r2 60-70',
  'w1 0-10, x1 20-30, w1>2 40-50',
  'w1 0-10, r1 40-50, w2 15-60, x1 20-30, r2 70-80',
  'w0 0-5, w1 10-20, x1 30-40, r1 50-60',
  'x- 0-10, w1 20-30',
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

test('a refusal is left alone where several writes could explain it, one of them of unknown outcome', (t) => {
  t.deepEqual(violations(history('w1 0-10, w2 12-, x1 20-30, x1 40-50, w3 60-70')), []);
});
