/** What documents and comments lead to is there: files, headings of documents, decisions. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import { projectFiles, root } from './project-files.ts';

/** Targets of relative links, `[text](target)` or `[name]: target`. Code is not searched. */
function relativeLinks(markdown: string): readonly string[] {
  const text = markdown.replace(/^ *```[\s\S]*?^ *```/gm, '').replace(/`[^`\n]+`/g, '');
  const targets = text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s[^)]*)?\)|^\[[^\]]+\]:\s+(\S+)/gm);
  return [...targets].map(([, inline, named]) => inline ?? named ?? '').filter((target) => !/^[a-z]+:/i.test(target));
}

/** As GitHub makes them of headings. */
function anchors(markdown: string): ReadonlySet<string> {
  const headings = markdown.replace(/^```[\s\S]*?^```/gm, '').matchAll(/^#+ +(.*)$/gm);
  const texts = [...headings].map(([, text = '']) => text.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'));
  return new Set(
    texts.map((text) =>
      text
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

/** @returns what is wrong with the link, or undefined */
function faultOf(file: string, link: string): string | undefined {
  const [path = '', anchor] = link.split('#').map(decodeURIComponent);
  const target = path === '' ? file : join(dirname(file), path);
  if (target.startsWith('..') || !existsSync(join(root, target))) return `${file}: ${link} leads to no file`;
  if (anchor === undefined || !target.endsWith('.md')) return undefined;
  return anchors(readFileSync(join(root, target), 'utf8')).has(anchor)
    ? undefined
    : `${file}: ${link} names no heading`;
}

/** Paths from the project's root: files, folders of sources and tests, and decisions by their number. */
const named = new RegExp(
  [
    String.raw`(?<![\w./@:$}-])(?:`,
    String.raw`(?:bench|charts|checks|cli|config|core|dashboards|docs|e2e|etcd|images|operator|service|test-support)\/[\w/.-]*\.(?:ts|json|yaml|md)`,
    String.raw`|(?:cli|core|dashboards|etcd|operator|service)\/(?:src|test)\/[\w/.-]*\w`,
    String.raw`|(?:docs\/adr\/|ADR )\d{4}`,
    String.raw`)(?![\w{*$-])`,
  ].join(''),
  'g',
);

const decisions = readdirSync(join(root, 'docs/adr'));

/** @returns the paths in the text that lead to nothing */
function missingPaths(text: string): string[] {
  return [...text.matchAll(named)]
    .map(([path]) => path)
    .filter((path) => {
      const [, decision] = /^(?:docs\/adr\/|ADR )(\d{4})$/.exec(path) ?? [];
      return decision === undefined
        ? !existsSync(join(root, path))
        : !decisions.some((name) => name.startsWith(`${decision}-`));
    });
}

test('every path that a document or a comment names is there', (t) => {
  const files = ['md', 'ts', 'js'].flatMap((extension) => projectFiles(`**/*.${extension}`));
  // What has changed may be gone.
  const present = files.filter((file) => file !== 'CHANGELOG.md' && !file.endsWith('links.test.ts'));
  const missing = present.flatMap((file) =>
    missingPaths(readFileSync(join(root, file), 'utf8')).map((path) => `${file}: ${path}`),
  );
  t.deepEqual(missing, []);
});

test('a path that is not there is found', (t) => {
  const text =
    'See service/src/gone.ts, `cli/src/gone`, (docs/adr/9999), cli/src/main.ts, docs/adr/0290, ADR 9998, https://a/docs/x.md, cli/test/{a,b}.';
  t.deepEqual(missingPaths(text), ['service/src/gone.ts', 'cli/src/gone', 'docs/adr/9999', 'ADR 9998']);
});

test('every relative link of a document leads to a file, and to one of its headings', (t) => {
  const files = projectFiles('**/*.md');
  const links = files.flatMap((file) =>
    relativeLinks(readFileSync(join(root, file), 'utf8')).map((link) => [file, link] as const),
  );
  t.true(links.length > 300, `${links.length} links`);
  t.deepEqual(
    links.flatMap(([file, link]) => faultOf(file, link) ?? []),
    [],
  );
});

test('a link to a file or a heading that is not there is found', (t) => {
  const text =
    'See [a](README.md), [b](gone.md#x "title"), `[code](c.md)`, [d](https://example.com).\n\n[e]: README.md#gone\n';
  const links = relativeLinks(text);
  t.deepEqual(links, ['README.md', 'gone.md#x', 'README.md#gone']);
  t.deepEqual(
    links.map((link) => faultOf('CHANGELOG.md', link)),
    [undefined, 'CHANGELOG.md: gone.md#x leads to no file', 'CHANGELOG.md: README.md#gone names no heading'],
  );
});
