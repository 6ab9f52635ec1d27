/** The console at /ui: plain files, as they are in src/console. */
import { type Assets, types } from './assets.ts';
import { libraryAssets, withPaths } from './libraries.ts';

export const consolePage = '/ui';

const scripts = [
  'main',
  'api',
  'dialogs',
  'dom',
  'entry',
  'json-colours',
  'json-editor',
  'json-editor-theme',
  'json-text',
  'rows',
  'shown-key',
  'key-list',
  'keys',
  'theme',
  'watch',
];

export function consoleAssets(): Assets {
  const own = (file: string, type: string) => ({ file: new URL(`../console/${file}`, import.meta.url), type });
  return new Map([
    [consolePage, own('index.html', types.html)],
    ['/ui/style.css', own('style.css', types.style)],
    ['/ui/icon.svg', own('icon.svg', types.svg)],
    ...scripts.map((name) => [`/ui/${name}.js`, { ...own(`${name}.js`, types.script), change: withPaths }] as const),
    ...libraryAssets(consolePage),
  ]);
}
