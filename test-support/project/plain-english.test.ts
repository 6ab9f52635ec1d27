/** Words that hide who acts, or that sound translated, stay out of documents, comments, names and messages. */
import { readFileSync } from 'node:fs';
import test from 'ava';
import { projectFiles, root } from './project-files.ts';

/** Between the words of a phrase: a space, or the end of a line in a comment. */
const gap = /\s+(?:(?:\*|\/\/|#)\s+)?/.source;
const phrases = [
  '[Ww]hoever',
  '[Nn]obody',
  '[Hh]ears',
  '[Tt]ells',
  ['[Ii]s', 'asked', 'for'].join(gap),
  ['[Ll]et', 'in'].join(gap),
];
const unwanted = new RegExp(`\\b(?:${phrases.join('|')})\\b`, 'g');
/** Tests that run as root give up their rights to the system user `nobody`. */
const systemUser = /const nobody = 65_534|uid: nobody|, nobody|setuid\(\$\{nobody\}/;

/** What is generated of texts that are searched, a record of the past, and this file, which names the words. */
const ignored = ['generated', 'CHANGELOG.md', 'plain-english.test.ts'];

function findingsIn(file: string, text: string): string[] {
  const lines = text.split('\n');
  return [...text.matchAll(unwanted)].flatMap(({ index, 0: found }) => {
    const line = text.slice(0, index).split('\n').length;
    if (found === 'nobody' && systemUser.test(lines[line - 1] ?? '')) return [];
    return [`${file}:${line}: ${found}`];
  });
}

test('no sentence has an indefinite actor or a word that the project decided against', (t) => {
  const files = projectFiles('**/*.{md,ts,js,yaml,proto}', ignored);
  t.true(files.length > 1000, `${files.length} files`);
  const findings = files.flatMap((file) => findingsIn(file, readFileSync(`${root}/${file}`, 'utf8')));
  t.deepEqual(findings, [], 'name the client, replica, member, watcher or user that acts');
});

test('a phrase is found across lines of a comment; the system user nobody may stay', (t) => {
  const comment = '/**\n * What is asked\n * for twice. Nobody\n */';
  t.deepEqual(findingsIn('a.ts', comment), ['a.ts:2: is asked\n * for', 'a.ts:3: Nobody']);
  t.deepEqual(findingsIn('a.ts', 'chownSync(file, nobody, nobody);'), []);
  t.deepEqual(findingsIn('a.ts', 'const noBody = 1; // nobody'), ['a.ts:1: nobody']);
});
