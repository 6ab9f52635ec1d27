/** The page at /docs: Swagger UI over /openapi.json, from the package, from nowhere else. */
import { type Asset, type Assets, types } from './assets.ts';

export const docsPage = '/docs';

export function docsAssets(): Assets {
  const own = (file: string, type: string): Asset => ({
    file: new URL(`../../docs-page/${file}`, import.meta.url),
    type,
  });
  const packaged = (file: string, type: string): Asset => ({
    file: new URL(import.meta.resolve(`swagger-ui-dist/${file}`)),
    type,
  });
  return new Map([
    [docsPage, own('index.html', types.html)],
    ['/docs/page.js', own('page.js', types.script)],
    ['/docs/page.css', own('page.css', types.style)],
    ['/docs/swagger-ui-bundle.js', packaged('swagger-ui-bundle.js', types.script)],
    ['/docs/swagger-ui.css', packaged('swagger-ui.css', types.style)],
  ]);
}
