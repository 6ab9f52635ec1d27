/** Browsers say where a request comes from; pages of other origins may not write. */
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '../errors.ts';

/**
 * Throws Problem `cross-site`. Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) is absent outside browsers, and
 * `none` when a person typed the URL. Browsers leave it out over plain HTTP, where Origin (RFC 6454, 7.3) says the same:
 * it has the host that the page came from, or `null` when the browser keeps that to itself.
 */
export function refuseCrossSite({ 'sec-fetch-site': site, origin, host }: IncomingHttpHeaders): void {
  if (site === undefined && origin === undefined) return;
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw crossSite(site);
  if (origin !== undefined && hostOf(origin) !== host?.toLowerCase()) throw crossSite(`from ${origin.slice(0, 100)}`);
}

function crossSite(found: string): Problem {
  return new Problem('cross-site', `A browser's write comes from the service's own pages; this one is ${found}.`);
}

/** Host and port, as a Host header has them; undefined: it is no origin of a page that a server sent. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host || undefined;
}
