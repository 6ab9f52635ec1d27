/** What `npm run clients` does, for each language; and that a registry which fails once stops nothing. */
import test from 'ava';
import * as languages from './languages.ts';
import { retried } from './retry.ts';
import { withService } from './with-service.ts';

for (const [language, round] of Object.entries(languages)) {
  test.serial(`a client generated for ${language} compiles, sets, gets, searches, dumps and deletes`, async (t) => {
    t.timeout(540_000);
    await t.notThrowsAsync(withService(language, round));
  });
}

test('a download that fails is tried again, and the last failure is thrown', async (t) => {
  let calls = 0;
  const failsFor = (times: number) => () => {
    calls++;
    return calls > times ? Promise.resolve('loaded') : Promise.reject(new Error(`failure ${calls}`));
  };
  t.is(await retried('something', failsFor(2)), 'loaded');
  t.is(calls, 3);
  calls = 0;
  await t.throwsAsync(retried('something', failsFor(9)), { message: 'failure 3' });
  t.is(calls, 3);
});
