/** Browsers say where a request comes from; pages of other origins may neither write nor read. */
import type { IncomingHttpHeaders } from 'node:http';
import { Problem } from '@kvstore/core/problem.ts';

/** Throws Problem `cross-site`. */
export type CheckOrigin = (
  headers: IncomingHttpHeaders,
  access: 'read' | 'write',
  method: 'GET' | 'POST' | 'DELETE',
) => void;

/**
 * Fetch Metadata (https://www.w3.org/TR/fetch-metadata/) is absent outside browsers, and `none` when a person typed the
 * URL. Browsers leave it out over plain HTTP, where Origin (RFC 6454, 7.3) says the same of what they send it with: writes,
 * and reads of scripts. It has the host that the page came from, or `null` when the browser keeps that to itself.
 * @param origins whose pages are treated as the service's own, such as `https://app.example.com`; `*` for any
 */
export function originCheck(origins: readonly string[]): CheckOrigin {
  const allowed = new Set(origins.map((origin) => origin.toLowerCase()));
  const isAllowed = (origin: string) => allowed.has(origin.toLowerCase()) || allowed.has('*');
  return (headers, access, method) => {
    const { 'sec-fetch-site': site, origin } = headers;
    if (site === undefined && origin === undefined) return;
    if (origin !== undefined && isAllowed(origin)) return;
    if (access === 'read' && method === 'GET' && isLink(headers)) return;
    if (site !== undefined && site !== 'same-origin' && site !== 'none') throw crossSite(access, site);
    if (origin !== undefined && hostOf(origin) !== headers.host?.toLowerCase()) {
      throw crossSite(access, `from ${origin.slice(0, 100)}`);
    }
  };
}

/** A person follows a link to it, and no page gets to see the answer. A form that is posted is no link. */
function isLink({ 'sec-fetch-mode': mode, 'sec-fetch-dest': destination }: IncomingHttpHeaders): boolean {
  return mode === 'navigate' && destination === 'document';
}

function crossSite(access: 'read' | 'write', found: string): Problem {
  return new Problem('cross-site', `A browser's ${access} comes from the service's own pages; this one is ${found}.`);
}

/** Host and port, as a Host header has them; undefined: it is no origin of a page that a server sent. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host || undefined;
}
