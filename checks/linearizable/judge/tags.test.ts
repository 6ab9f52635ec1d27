import test from 'ava';
import { type Tagged, tagViolations } from './tags.ts';

const given = (text: string): Tagged[] =>
  text.split(', ').map((part) => {
    const [value, tag] = part.split(' ');
    return { register: 'x', value, ...(tag === undefined ? {} : { tag: tag === '-' ? '' : `"t-${tag}"` }) };
  });

for (const [what, answers] of Object.entries({
  'each value has its own': 'a 1, b 2, b 2, a 1',
  'a value that was replaced within its transaction has one that no key has': 'a 7~1, b 7',
  'several were replaced': 'a 7~1, b 7~2, c 7, c 7',
  'not all answers have one': 'a, b 2',
})) {
  test(`tags: ${what}`, (t) => t.deepEqual(tagViolations(given(answers)), []));
}

for (const [what, answers] of Object.entries({
  'one for two values': 'a 7, b 7',
  'one for two values, much later': 'a 7, b 8, c 9, d 7',
  'two for one value': 'a 7, a 8',
  'a value that was said to be replaced was read': 'a 7~1, a 7',
  'no tag': 'a -',
})) {
  test(`a violation of tags: ${what}`, (t) => t.is(tagViolations(given(answers)).length, 1));
}

test('other keys may have the same tag', (t) => {
  const tag = '"t-7"';
  t.deepEqual(
    tagViolations([
      { register: 'x', value: 'a', tag },
      { register: 'y', value: 'b', tag },
    ]),
    [],
  );
});
