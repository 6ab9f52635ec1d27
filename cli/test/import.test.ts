/** Imports: all or what can be had, through faults, again and again. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { startService } from '../../test-support/service-process/launch.ts';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { waitFor } from '../../test-support/wait-for.ts';
import { cli, startCli } from './support/cli.ts';
import { startFront } from './support/front.ts';
import { manyLines, oddKeys, withoutRevisions } from './support/pairs.ts';
import { oneStore } from './support/store.ts';

const store = oneStore(test);

const lines = manyLines(5000);

async function exported(t: ExecutionContext, url: string): Promise<string> {
  return withoutRevisions((await cli(t, ['export'], { url })).stdout);
}

test.serial('importing twice is the same as once', async (t) => {
  const { url } = store;
  const first = await cli(t, ['import'], { url, input: lines });
  t.deepEqual(first, { code: 0, stdout: '', stderr: 'kvstore-cli: 5000 pairs imported\n' });
  t.is((await cli(t, ['import', '-'], { url, input: lines })).code, 0);
  t.is(await exported(t, url), lines);
});

test.serial('odd keys, white space between tokens, Windows line ends, no newline at the end', async (t) => {
  const { url } = store;
  const odd = oddKeys.map(
    (key) => ` { "value" : 1.0 , "key" : ${JSON.stringify(key)}, "revision": 5, "note": {} } \r\n`,
  );
  t.is((await cli(t, ['import'], { url, input: `\r\n${odd.join('\n').trimEnd()}` })).code, 0);
  const keys = (await exported(t, url))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).key);
  t.deepEqual(keys.sort(), [...oddKeys].sort());
});

test.serial('of equal keys the last line counts', async (t) => {
  const { url } = store;
  const input = `{"key":"a","value":1}\n${lines}{"key":"a","value":2}\n{"key":"a","value":3}\n`;
  t.is((await cli(t, ['import'], { url, input })).code, 0);
  t.is((await cli(t, ['get', 'a'], { url })).stdout, '3\n');
});

for (const [title, input] of [
  ['from a file', undefined],
  ['from standard input', lines],
] as const) {
  test.serial(`killed in the middle ${title}, then resumed: complete and equal`, async (t) => {
    const { url } = store;
    const front = await startFront(t, url);
    const folder = temporaryFolder(t);
    const [file, checkpoint] = [join(folder, 'in.jsonl'), join(folder, 'checkpoint')];
    writeFileSync(file, lines);
    const args = ['import', '--checkpoint', checkpoint, input === undefined ? file : '-'];
    const options = { url: front.url, ...(input === undefined ? {} : { input }) };
    front.act = () => (front.seen.length > 2 ? 'hold' : 'pass');
    const { child, ended } = startCli(t, args, options);
    await waitFor('the third batch', () => front.seen.length === 3);
    child.kill('SIGKILL');
    await ended;
    t.is((await exported(t, url)).split('\n').length, 2001);

    front.act = () => 'pass';
    t.is((await cli(t, args, options)).code, 0);
    t.is(front.seen.length, 3 + 3, 'two batches are not sent again');
    t.is(await exported(t, url), lines);
    t.false(existsSync(checkpoint));
  });
}

test.serial('a checkpoint of another input is refused', async (t) => {
  const { url } = store;
  const checkpoint = join(temporaryFolder(t), 'checkpoint');
  const bad = `${lines}nonsense\n`;
  t.is((await cli(t, ['import', '--checkpoint', checkpoint], { url, input: bad })).code, 1);
  t.true(existsSync(checkpoint));
  for (const other of [lines.replace('1.0', '1.5'), lines.slice(0, 1000)]) {
    const { code, stderr } = await cli(t, ['import', '--checkpoint', checkpoint], { url, input: other });
    t.is(code, 1);
    t.regex(stderr, /was made for another input/);
  }
  t.is((await cli(t, ['import', '--checkpoint', checkpoint], { url, input: `${lines}\n` })).code, 0);
  writeFileSync(checkpoint, 'something else');
  t.is((await cli(t, ['import', '--checkpoint', checkpoint], { url, input: lines })).code, 1);
  t.is(readFileSync(checkpoint, 'utf8'), 'something else');
});

test.serial('a store that is busy for a while slows it down and loses nothing', async (t) => {
  const { url } = store;
  const front = await startFront(t, url);
  const busy = ['overloaded', 'unavailable', 'outcome-unknown'];
  let refused = 0;
  front.act = () => {
    if (front.seen.length % 2 === 1 || refused === 6) return 'pass';
    refused += 1;
    const code = busy[refused % 3] ?? '';
    return { status: 503, code, headers: { 'Retry-After': refused === 1 ? '1' : '0' } };
  };
  const started = performance.now();
  t.is((await cli(t, ['import'], { url: front.url, input: lines })).code, 0);
  t.true(refused >= 4);
  t.true(performance.now() - started >= 1000, 'Retry-After is waited for');
  t.is(await exported(t, url), lines);
});

test.serial('a store that goes away and comes back is waited for; one that does not, is given up', async (t) => {
  const { url } = store;
  const front = await startFront(t, url);
  front.act = () => (front.seen.length === 2 ? 'break' : 'pass');
  t.is((await cli(t, ['import'], { url: front.url, input: lines })).code, 0);
  t.is(await exported(t, url), lines);
  front.act = () => 'break';
  t.is((await cli(t, ['import', '--retry-for', '1'], { url: front.url, input: lines })).code, 6);
});

test.serial('batches fit the store: smaller after a 413, and what fits in none is told by its line', async (t) => {
  const { url } = await startService(t, { env: { KV_DATA_DIR: temporaryFolder(t), KV_MAX_BODY: '4KiB' } });
  const huge = `{"key":"huge","value":"${'x'.repeat(5000)}"}\n`;
  const { code, stderr } = await cli(t, ['import', '--keep-going'], { url, input: `${huge}${lines}` });
  t.is(code, 1);
  t.regex(
    stderr,
    /^kvstore-cli: line 1: 413 body-too-large: .*\n.*5000 pairs imported\n.*1 lines could not be used\n$/,
  );
  t.is(await exported(t, url), lines);

  const earlier = `{"key":"a","value":1,"expires":${Date.now() + 3_600_000}}\n`;
  const stopped = await cli(t, ['import'], { url, input: `${earlier}${huge}` });
  t.deepEqual([stopped.code, stopped.stderr.includes('line 2: 413')], [1, true]);
  t.is((await cli(t, ['get', 'a'], { url })).stdout, '1\n', 'what is before it is written, whatever its expiry');
});

test.serial('a line that cannot be used: its number, and everything before it is written', async (t) => {
  const { url } = store;
  const input = `{"key":"a","value":1}\n{"key":"b"}\n{"key":"c","value":1}\n`;
  const { code, stderr } = await cli(t, ['import'], { url, input });
  t.is(code, 1);
  t.is(stderr, 'kvstore-cli: line 2: a line is an object with the members "key" and "value"\n');
  t.is(await exported(t, url), '{"key":"a","value":1}\n');
});

const bad: readonly [what: string, line: string | Buffer, reason: RegExp][] = [
  ['no JSON', 'nonsense', /not a JSON object \(/],
  ['an array', '[1]', /not a JSON object \(something else\)/],
  ['a key that is none', '{"key":1,"value":1}', /"key" is a string/],
  ['an empty key', '{"key":"","value":1}', /at least 1 byte/],
  ['a long key', `{"key":"${'ü'.repeat(513)}","value":1}`, /this one has 1026/],
  ['half a surrogate pair', '{"key":"\\ud800","value":1}', /surrogate/],
  ['a time that is none', '{"key":"x","value":1,"expires":"soon"}', /"expires" is a time/],
  ['too many levels', `{"key":"x","value":${'['.repeat(200)}${']'.repeat(200)}}`, /nested too deeply/],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), /not UTF-8/],
];
test.serial('with --keep-going each bad line is told, and every good one written', async (t) => {
  const { url } = store;
  const input = Buffer.concat(
    bad.flatMap(([, line], i) => [Buffer.from(line), Buffer.from(`\n{"key":"good-${i}","value":${i}}\n`)]),
  );
  const cut = Buffer.concat([input, Buffer.from('{"key":"half')]);
  const { code, stderr } = await cli(t, ['import', '--keep-going'], { url, input: cut });
  t.is(code, 1);
  const told = stderr.split('\n');
  for (const [i, [what, , reason]] of bad.entries()) {
    t.regex(told[i] ?? '', new RegExp(`^kvstore-cli: line ${2 * i + 1}: .*${reason.source}`), what);
  }
  t.regex(told[bad.length] ?? '', new RegExp(`line ${2 * bad.length + 1}: .*ends in the middle of it`));
  t.is(await exported(t, url), bad.map((_, i) => `{"key":"good-${i}","value":${i}}\n`).join(''));
});

test.serial('what has expired is left out and counted; what has not keeps its time', async (t) => {
  const { url } = store;
  const now = Date.now();
  const input = [
    `{"key":"gone","value":1,"expires":${now - 1}}`,
    `{"key":"later","value":1,"expires":${now + 3_600_000}}`,
    `{"key":"latest","value":1,"expires":${now + 7_200_000}}`,
    '{"key":"never","value":1}',
  ];
  const { code, stderr } = await cli(t, ['import'], { url, input: `${input.join('\n')}\n` });
  t.deepEqual([code, stderr], [0, 'kvstore-cli: 3 pairs imported, 1 expired ones left out\n']);
  const pairs = (await exported(t, url))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  t.deepEqual(
    pairs.map(({ key }) => key),
    ['later', 'latest', 'never'],
  );
  for (const [i, hours] of [1, 2].entries()) {
    const shift = pairs[i].expires - (now + hours * 3_600_000);
    t.true(shift >= 0 && shift < 60_000, `${shift}`);
  }
  t.is(pairs[2].expires, undefined);
});
