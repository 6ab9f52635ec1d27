/** The pages for browsers that the configuration asks for, and what is served for them. */
import type { Answer } from '../../answers/answer.ts';
import type { RawRequest } from '../../requests/raw-request.ts';
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

export interface PageRoute {
  readonly path: string;
  readonly answer: (request: RawRequest) => Answer | Promise<Answer>;
}

/** Everything that is served for the pages. */
export function pageRoutes(pages: readonly Page[]): readonly PageRoute[] {
  return pages.flatMap(({ path, assets }) => [
    ...[...assets].map(([each, asset]) => ({ path: each, answer: serveAsset(asset) })),
    { path: `${path}/`, answer: redirectTo(path) },
  ]);
}
