import test from 'ava';
import { waitFor } from './wait-for.ts';

test('the first result that is something, whatever was before', async (t) => {
  const found = { pods: 2 };
  const results = [undefined, false, null, '', new Error('not there'), found, true];
  const next = () => {
    const result = results.shift();
    if (result instanceof Error) throw result;
    return result;
  };
  t.is(await waitFor('something', next, { interval: 0 }), found);
  t.is(await waitFor('it is so', next, { interval: 0 }), true);
  t.is(await waitFor('a text', () => 'text'), 'text');
});

test('a number is no condition: 0 could be a result, or nothing', async (t) => {
  // @ts-expect-error
  await t.notThrowsAsync(waitFor('a count', () => 1));
});

test('too late: what was awaited, and what was seen last', async (t) => {
  const cause = new Error('2 pods');
  const fails = waitFor('3 pods', () => Promise.reject(cause), { timeout: 0 });
  const error = await t.throwsAsync(fails, { message: '3 pods: not within 0 ms; last: 2 pods' });
  t.is(error?.cause, cause);
});
