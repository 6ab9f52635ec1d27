/** The pages for browsers that the configuration asks for, and their routes. */
import type Router from '@koa/router';
import type { Middleware } from 'koa';
import { type Assets, redirectTo, serveAsset } from './assets.ts';
import { consoleAssets, consolePage } from './console.ts';
import { docsAssets, docsPage } from './docs.ts';

export interface PageOptions {
  /** Whether there is a page at /docs. */
  readonly docs: boolean;
  /** Whether there is a console at /ui. */
  readonly ui: boolean;
}

export interface Page {
  readonly path: string;
  /** The page itself and what belongs to it. */
  readonly assets: Assets;
}

export function pagesOf({ docs, ui }: PageOptions): readonly Page[] {
  return [
    ...(docs ? [{ path: docsPage, assets: docsAssets() }] : []),
    ...(ui ? [{ path: consolePage, assets: consoleAssets() }] : []),
  ];
}

/** Everything that is served for a page. */
export function pathsOf({ path, assets }: Page): readonly string[] {
  return [...assets.keys(), `${path}/`];
}

/** @param route names a route for metrics and traces */
export function routePages(router: Router, pages: readonly Page[], route: (template: string) => Middleware): void {
  for (const { path, assets } of pages) {
    for (const [each, asset] of assets) router.get(each, route(each), serveAsset(asset));
    router.get(`${path}/`, route(`${path}/`), redirectTo(path));
  }
}
