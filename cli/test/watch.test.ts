/** watch: every change once and in order, whatever becomes of the connection. */
import test from 'ava';
import { waitFor } from '../../test-support/wait-for.ts';
import { cli, startCli } from './support/cli.ts';
import { startFront } from './support/front.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);
test.serial(
  'changes are printed as they happen, and none is missed or doubled when the connection breaks',
  async (t) => {
    const { url } = store;
    const front = await startFront(t, url);
    // Each connection is cut behind some bytes, wherever that is.
    front.act = () => ({ afterBytes: 400 + 37 * front.seen.length, next: 'break' });
    const { child, ended } = startCli(t, ['watch', '--prefix', 'k', '-q'], { url: front.url });
    let text = '';
    child.stdout.on('data', (piece) => {
      text += piece;
    });
    await waitFor('the watch', () => front.seen.length > 0);
    // From now on: what is written before the store has taken the watch up is not part of it.
    await waitFor('the first change', async () => {
      await cli(t, ['set', 'k', '"begin"'], { url });
      return text.includes('begin');
    });
    for (let i = 0; i < 60; i++) {
      await fetch(`${url}/set`, { method: 'POST', body: `{"k${i}":${i}.0,"other":1,"k-same":${i}}` });
    }
    await fetch(`${url}/delete`, { method: 'POST', body: '["k0"]' });
    await waitFor('the deletion', () => /"key":"k0","revision"/.test(text));
    child.kill('SIGTERM');
    t.like(await ended, { code: 143 });
    const events = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const after = events.filter(({ key }) => key !== 'k');
    t.deepEqual(
      after.filter(({ key }) => key === 'k-same').map(({ value }) => value),
      Array.from({ length: 60 }, (_, i) => i),
    );
    t.is(after.length, 121);
    t.true(text.includes('"value":7.0,'));
    t.is(after.at(-1).value, undefined);
    t.true(front.seen.length > 3, 'the connection did break');
  },
);

test.serial('--after begins in the past; what is too long ago is told', async (t) => {
  const { url } = store;
  const revisions: string[] = [];
  for (const value of ['1', '2', '3']) revisions.push((await cli(t, ['set', 'a', value], { url })).stdout.trimEnd());
  const { child, ended } = startCli(t, ['watch', '--after', revisions[0] ?? ''], { url });
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  await waitFor('the third change', () => text.includes(`"revision":${revisions[2]?.split('-')[1]}`));
  child.kill('SIGINT');
  t.is((await ended).code, 130);
  t.deepEqual(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).value),
    [2, 3],
  );
  const [timeline] = (revisions[0] ?? '').split('-');
  for (const [after, code] of [
    [`${timeline}-999999`, 'history-gone'],
    [`otherone-${revisions[0]?.split('-')[1]}`, 'other-timeline'],
  ] as const) {
    const gone = await cli(t, ['watch', '--after', after], { url });
    t.is(gone.code, 1);
    t.regex(gone.stderr, new RegExp(`410 ${code}`));
  }
});
