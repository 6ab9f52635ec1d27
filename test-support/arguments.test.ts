import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import manifest from '../package.json' with { type: 'json' };
import { decimal, flag, oneOf, someOf, text, wholeNumber } from './argument-kinds.ts';
import { fromEnvironment, readArguments, UsageError } from './arguments.ts';

const usage = {
  words: { rounds: wholeNumber({ default: 3, from: 1, to: 20 }), seconds: decimal({ default: 2, from: 0.1 }) },
  options: { out: text(), mode: oneOf(['embedded', 'etcd']), list: flag },
};

test('what is given, and the defaults otherwise', (t) => {
  t.deepEqual(readArguments(usage, []), {
    ...{ rounds: 3, seconds: 2, out: undefined, mode: undefined, list: false, rest: [] },
  });
  t.deepEqual(readArguments(usage, ['7', '--out=there', '0.5', '--mode', 'etcd', '--list']), {
    ...{ rounds: 7, seconds: 0.5, out: 'there', mode: 'etcd', list: true, rest: [] },
  });
  const names = { options: { only: someOf(['a', 'b', 'c']) }, rest: oneOf(['x', 'y']) };
  t.deepEqual(readArguments(names, ['y', '--only=a,c', 'x']), { only: ['a', 'c'], rest: ['y', 'x'] });
});

for (const [given, message] of [
  [['abc'], /^ROUNDS must be a whole number from 1 to 20, not "abc"\./],
  [['0'], /^ROUNDS must be/],
  [['21'], /^ROUNDS must be/],
  [['2.5'], /^ROUNDS must be/],
  [['0x10'], /^ROUNDS must be/],
  [['1e1'], /^ROUNDS must be/],
  [['5s'], /^ROUNDS must be/],
  [[''], /^ROUNDS must be/],
  [['-1'], /Unknown option '-1'/],
  [['3', 'Infinity'], /^SECONDS must be a number of 0\.1 or more, not "Infinity"\./],
  [['3', 'NaN'], /^SECONDS must be/],
  [['3', '2', 'more'], /^Not expected: more\./],
  [['--no-such'], /Unknown option '--no-such'/],
  [['--out'], /argument missing/],
  [['--out='], /^--out must be a text, not ""\./],
  [['--mode=both'], /^--mode must be one of embedded, etcd, not "both"\./],
  [['--list=yes'], /does not take an argument/],
] as const) {
  test(`${JSON.stringify(given)} is an error that says what it takes`, (t) => {
    const error = t.throws(() => readArguments(usage, given), { instanceOf: UsageError, message });
    t.regex(error.message, /Arguments:\n[\s\S]*--mode=: one of embedded, etcd\n {2}--list$/);
  });
}

test('of several names none may be unknown', (t) => {
  const names = { options: { only: someOf(['a', 'b']) } };
  for (const given of ['--only=a,d', '--only=', '--only=a,']) {
    t.throws(() => readArguments(names, [given]), { instanceOf: UsageError, message: /--only must be of a, b/ });
  }
});

test('a variable of the environment is read in the same way', (t) => {
  const seconds = wholeNumber({ default: 1000, from: 1 });
  t.is(fromEnvironment('SECONDS', seconds, {}), 1000);
  t.is(fromEnvironment('SECONDS', seconds, { SECONDS: '' }), 1000);
  t.is(fromEnvironment('SECONDS', seconds, { SECONDS: '5' }), 5);
  const message = 'SECONDS must be a whole number of 1 or more, not "1_000".';
  t.throws(() => fromEnvironment('SECONDS', seconds, { SECONDS: '1_000' }), { instanceOf: UsageError, message });
});

/** Scripts of package.json that are no part of the product: `images/` has no test-support beside it when it runs. */
const scripts = Object.entries(manifest.scripts).flatMap(([name, command]) => {
  const [, file] = /^node ((?:bench|checks|dashboards|e2e|test-support)\/\S+\.ts)$/.exec(command) ?? [];
  return file === undefined ? [] : [[name, file] as const];
});

test('every script reads its arguments here', async (t) => {
  t.true(scripts.length > 20);
  for (const [name, file] of scripts) {
    const source = await readFile(new URL(`../${file}`, import.meta.url), 'utf8');
    t.regex(source, /\bscriptArguments\(/, `npm run ${name}`);
    t.notRegex(source, /process\.argv|Number\(process\.env/, `npm run ${name}`);
  }
});

test('a script ends at once with 2 and says why', async (t) => {
  const main = fileURLToPath(new URL('../checks/gameday/main.ts', import.meta.url));
  const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
    execFile(process.execPath, [main, '--longest-wait=abc'], { timeout: 120_000 }, (error, _, stderr) =>
      resolve({ code: error?.code, stderr }),
    );
  });
  t.is(ended.code, 2, ended.stderr);
  t.regex(ended.stderr, /^--longest-wait must be a number of 0 or more, not "abc"\./);
});
