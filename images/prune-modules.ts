/**
 * Removes from installed packages what no program reads: documentation, types, source maps, builds for other environments. Licences
 * and notices stay: the image must contain them. Usage: node images/prune-modules.ts FOLDER
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** MIT, Apache-2.0 and others ask that these texts go along with every copy. */
const legal = /^(licen[cs]e|copying|notice|copyright|authors|patents|unlicense)/i;
const documentation = /\.(md|markdown)$/i;
const typesAndMaps = /\.d\.[cm]?ts$|\.map$/;
/** By package, or by scope: paths within a package whose other files are used. */
const unused: Readonly<Record<string, RegExp>> = {
  // Builds for bundlers: Node loads build/src.
  '@opentelemetry': /^build\/(esm|esnext)\//,
  // For other versions of Node and another C library: Node's stable interface and glibc are in the image.
  '@lmdb': /^node\.(abi\d+\.\w+|napi\.musl)\.node$/,
  bintrees: /^test\//,
  // Browsers get modules.
  '@codemirror': /\.cjs$/,
  'swagger-ui-dist': /es-bundle/,
};

/** @returns how many files were removed */
export function pruneModules(folder: string): number {
  let removed = 0;
  // Links to this project's programs, which no other one imports. Those to @kvstore/core and @kvstore/etcd stay.
  for (const own of ['@kvstore/service', '@kvstore/operator', 'kvstore-cli'])
    rmSync(join(folder, own), { recursive: true, force: true });
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || legal.test(entry.name)) continue;
    const path = join(entry.parentPath, entry.name);
    if (!isUnused(path)) continue;
    rmSync(path);
    removed++;
  }
  return removed;
}

function isUnused(path: string): boolean {
  if (documentation.test(path) || typesAndMaps.test(path)) return true;
  const [, name = '', within = ''] = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path) ?? [];
  const [scope = ''] = name.split('/');
  return unused[name]?.test(within) === true || unused[scope]?.test(within) === true;
}

if (import.meta.main) {
  const [folder, ...more] = process.argv.slice(2);
  if (folder === undefined || more.length > 0) throw new Error('Usage: prune-modules.ts FOLDER');
  process.stdout.write(`${pruneModules(folder)} files removed from ${folder}\n`);
}
