/**
 * Libraries that the console's scripts import by name. A browser finds a name only through an import map, which has to
 * stand in the page, where the policy allows no script; so names become paths when a script is served.
 */
import { type Asset, types } from './assets.ts';

/** Libraries that a browser gets, by the names that they are imported with. The last lines are what the others need. */
const modules: ReadonlySet<string> = new Set([
  ...['@kvstore/core/event-stream.js', '@kvstore/core/retry-after.js', 'eventsource-parser'],
  ...['@codemirror/commands', '@codemirror/search', '@codemirror/state', '@codemirror/view'],
  ...['@codemirror/language', '@codemirror/streamparser', '@lezer/common', '@lezer/highlight'],
  ...['@marijn/find-cluster-break', 'crelt', 'style-mod', 'w3c-keyname'],
]);

/** Files that such a module imports by a relative path. */
const parts: ReadonlyMap<string, string> = new Map([
  ['errors.js', 'eventsource-parser'],
  ['parse.js', 'eventsource-parser'],
]);

const imported = /(\b(?:from|import)\s*)(["'])([^"'./][^"']*)\2/g;

/** A script as a browser can load it. Throws when it imports a library that is not served. */
export function withPaths(script: string): string {
  return script.replace(imported, (_, before: string, quote: string, name: string) => {
    if (!modules.has(name)) throw new Error(`${name} is imported, but not served to browsers`);
    return `${before}${quote}./${fileOf(name)}${quote}`;
  });
}

/** Served beside the console's own scripts. @param folder such as `/ui` */
export function libraryAssets(folder: string): readonly (readonly [string, Asset])[] {
  const main = [...modules].map((name) => [fileOf(name), new URL(import.meta.resolve(name))] as const);
  const others = [...parts].map(([file, name]) => [file, new URL(file, import.meta.resolve(name))] as const);
  return [...main, ...others].map(([path, file]) => [
    `${folder}/${path}`,
    { file, type: types.script, change: withPaths },
  ]);
}

function fileOf(name: string): string {
  return `${name.replace(/^@|\.js$/g, '').replaceAll('/', '-')}.js`;
}
