/** Browsers say where a request comes from; pages of other origins may not write. */
import type { Middleware } from 'koa';
import { Problem } from '../errors.ts';

/** Fetch Metadata (https://www.w3.org/TR/fetch-metadata/): absent outside browsers, `none` when a person typed the URL. */
export const refuseCrossSite: Middleware = (ctx, next) => {
  const site = ctx.req.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Problem('cross-site', `A browser's write comes from the service's own pages; this one is ${site}.`);
  }
  return next();
};
