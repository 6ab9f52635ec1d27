/** 404 for a path that there is not: which ones there are, and which of them was probably meant. */
import { Problem } from '@kvstore/core/problem.ts';
import leven from 'leven';
import { prefixOf } from '../site/openapi/api.ts';

/** Characters of the path that are looked at and shown. */
const shown = 100;

/** @param listed templates that the problem lists; @param known every template, those of pages included */
export function unknownPath(path: string, listed: readonly string[], known: readonly string[] = listed): Problem {
  const given = path.slice(0, shown);
  const near = nearest(given, known);
  const hint = near === undefined ? '' : ` Did you mean ${near}?`;
  const message = `There is no path ${given}.${hint} Paths are exact: ${listed.join(', ')}.`;
  return new Problem('unknown-path', message);
}

/** Undefined: none is near. */
function nearest(given: string, known: readonly string[]): string | undefined {
  const path = given.toLowerCase().replace(/\/{2,}/g, '/');
  // What follows a template's prefix is a key, which says nothing.
  const beginning = path.slice(0, path.indexOf('/', 1) + 1);
  let best: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const template of known) {
    const prefix = prefixOf(template);
    const [from, to] = prefix === undefined ? [path, template] : [beginning, prefix];
    // Of a short path, half is another one.
    const most = Math.min(2, Math.floor((to.length - 1) / 2));
    const distance = leven(from, to, { maxDistance: most + 1 });
    if (distance > most || distance >= least) continue;
    best = template;
    least = distance;
  }
  return best;
}
