/** Folders depend on each other in one direction: who changes one need not know those that use it. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** For each folder right below `source` those that its files import from, with one file that does. */
function folders(source: string): Map<string, Map<string, string>> {
  const found = new Map<string, Map<string, string>>();
  for (const file of globSync('**/*.ts', { cwd: join(root, source) })) {
    const from = folderOf(file);
    if (from === undefined) continue;
    const imported = found.get(from) ?? new Map<string, string>();
    found.set(from, imported);
    const text = readFileSync(join(root, source, file), 'utf8');
    for (const [, path = ''] of text.matchAll(/(?:from|import|import\()\s*'(\.[^']+)'/g)) {
      const to = folderOf(join(dirname(file), path));
      if (to !== undefined && to !== from) imported.set(to, file);
    }
  }
  return found;
}

/** Undefined: the file lies beside the folders, or elsewhere. */
function folderOf(file: string): string | undefined {
  const [first = '', ...rest] = file.split('/');
  return rest.length === 0 || first === '..' ? undefined : first;
}

/** A way from a folder back to itself, with the files that make it; empty: there is none. */
function circle(graph: ReturnType<typeof folders>): string[] {
  const done = new Set<string>();
  const visit = (folder: string, way: readonly string[], steps: readonly string[]): string[] => {
    const at = way.indexOf(folder);
    if (at >= 0) return steps.slice(at);
    if (done.has(folder)) return [];
    for (const [to, file] of graph.get(folder) ?? []) {
      const found = visit(to, [...way, folder], [...steps, `${file} -> ${to}/`]);
      if (found.length > 0) return found;
    }
    done.add(folder);
    return [];
  };
  for (const folder of graph.keys()) {
    const found = visit(folder, [], []);
    if (found.length > 0) return found;
  }
  return [];
}

for (const source of ['service/src', 'cli/src']) {
  test(`no folder of ${source} depends on one that depends on it`, (t) => {
    const graph = folders(source);
    t.true(graph.size >= 4);
    t.deepEqual(circle(graph), []);
  });
}

test('a circle is found, however long', (t) => {
  const graph = new Map([
    ['a', new Map([['b', 'a/1.ts']])],
    ['b', new Map([['c', 'b/2.ts']])],
    ['c', new Map([['b', 'c/3.ts']])],
  ]);
  t.deepEqual(circle(graph), ['b/2.ts -> c/', 'c/3.ts -> b/']);
});
