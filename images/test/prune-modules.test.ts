import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { pruneModules } from '../prune-modules.ts';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));

test('documentation, types, maps and other builds go, code and every licence stay, whatever their case and ending', (t) => {
  const folder = join(temporaryFolder(t), 'node_modules');
  const kept = [
    ...['a/LICENSE', 'a/license.md', 'a/LICENCE.txt', '@b/c/COPYING', '@b/c/notice.md', 'a/node_modules/d/License.md'],
    ...[
      'a/index.js',
      'a/index.ts',
      'a/build/esm/index.js',
      'a/lib/readme.js',
      '@opentelemetry/api/build/src/index.js',
      '@lmdb/lmdb-linux-x64/node.napi.glibc.node',
      'swagger-ui-dist/swagger-ui.css',
      '@codemirror/view/dist/index.js',
    ],
  ];
  const removed = [
    'a/README.md',
    'a/docs/how.markdown',
    '@b/c/CHANGELOG.md',
    'swagger-ui-dist/swagger-ui-es-bundle.js',
    '@codemirror/view/dist/index.cjs',
    'a/index.js.map',
    'a/index.d.ts',
    'a/node_modules/d/index.d.mts',
    '@opentelemetry/api/build/esm/index.js',
    '@opentelemetry/api/build/esnext/index.js',
    '@lmdb/lmdb-linux-x64/node.abi127.glibc.node',
    '@lmdb/lmdb-linux-arm64/node.napi.musl.node',
  ];
  for (const file of [...kept, ...removed, 'kvstore-cli/package.json', '@kvstore/service/package.json']) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), '');
  }
  t.is(pruneModules(folder), removed.length);
  const left = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1));
  t.deepEqual(left.sort(), kept.sort());
});

test('no licence of a real package is removed', (t) => {
  const folder = join(temporaryFolder(t), 'node_modules');
  const licence = /^(licen[cs]e|copying|notice)/i;
  const count = () =>
    readdirSync(folder, { recursive: true, withFileTypes: true }).filter(({ name, parentPath }) => {
      return licence.test(name) && existsSync(join(parentPath, name));
    }).length;
  for (const name of [
    'koa',
    '@grpc',
    'lmdb',
    'leven',
    'swagger-ui-dist',
    'mnemonist',
    'fast-copy',
    'co-body',
    'protobufjs',
  ]) {
    if (existsSync(join(modules, name))) cpSync(join(modules, name), join(folder, name), { recursive: true });
  }
  const before = count();
  t.true(before > 5);
  t.true(pruneModules(folder) > 5);
  t.is(count(), before);
});
