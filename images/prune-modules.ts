/**
 * Removes from installed packages what no program reads: documentation, source maps, builds for other environments. Licences
 * and notices stay: the image must contain them. Usage: node images/prune-modules.ts FOLDER
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** MIT, Apache-2.0 and others ask that these texts go along with every copy. */
const legal = /^(licen[cs]e|copying|notice|copyright|authors|patents|unlicense)/i;
const documentation = /\.(md|markdown)$/i;
/** Browsers get modules. */
const commonJs = /\.cjs$|\.d\.c?ts$/;
/** Of packages whose other files are used. */
const unused: Readonly<Record<string, RegExp>> = {
  '@codemirror/commands': commonJs,
  '@codemirror/language': commonJs,
  '@codemirror/search': commonJs,
  '@codemirror/state': commonJs,
  '@codemirror/view': commonJs,
  'swagger-ui-dist': /\.map$|es-bundle/,
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
    const name = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? '';
    if (!documentation.test(entry.name) && unused[name]?.test(entry.name) !== true) continue;
    rmSync(path);
    removed++;
  }
  return removed;
}

const [folder] = process.argv.slice(2);
if (import.meta.main && folder !== undefined) {
  process.stdout.write(`${pruneModules(folder)} files removed from ${folder}\n`);
}
