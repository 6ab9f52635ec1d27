/** Browsers say where a request comes from; pages of other origins may not write. */
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../errors.ts';

/**
 * Throws Problem `cross-site`. Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) is absent outside browsers, and
 * `none` when a person typed the URL.
 */
export function refuseCrossSite(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    throw new Problem('cross-site', `A browser's write comes from the service's own pages; this one is ${site}.`);
  }
}
