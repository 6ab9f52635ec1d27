/** The page at /docs: Swagger UI over /openapi.json, from the package, from nowhere else. */
import { type Assets, types } from './assets.ts';

export const docsPage = '/docs';

export function docsAssets(): Assets {
  const own = (file: string, type: string) => ({ file: new URL(`../docs-page/${file}`, import.meta.url), type });
  const script = new URL(import.meta.resolve('swagger-ui-dist/swagger-ui-bundle.js'));
  const style = new URL(import.meta.resolve('swagger-ui-dist/swagger-ui.css'));
  return new Map([
    [docsPage, own('index.html', types.html)],
    ['/docs/page.js', own('page.js', types.script)],
    ['/docs/page.css', own('page.css', types.style)],
    ['/docs/swagger-ui-bundle.js', { file: script, type: types.script }],
    ['/docs/swagger-ui.css', { file: style, type: types.style }],
  ]);
}
