/** Query parameters, parsed once. */
import { Problem } from '../errors.ts';
import { parseKey } from '../store/key.ts';
import type { KeyFilter } from '../store/store.ts';

/** Keys or pairs in one page. */
export const maxLimit = 10_000;

/** How fresh a read is, the default first. */
export const consistencies = ['linearizable', 'stale'] as const;

export interface Page {
  readonly filter: KeyFilter;
  readonly limit: number | undefined;
}

/**
 * Reads a query as URLSearchParams does (`+` is a space), but refuses what that would silently replace.
 * Throws Problem `invalid-query`.
 */
export function parseQuery(query: string): URLSearchParams {
  const parameters = new URLSearchParams(query);
  if (query.includes('%')) {
    try {
      decodeURIComponent(query);
    } catch (cause) {
      throw new Problem('invalid-query', 'The query is not percent-encoded UTF-8.', { cause });
    }
  }
  return parameters;
}

/** A parameter that may be given once. Throws Problem `invalid-query`. */
export function single(parameters: URLSearchParams, name: string): string | undefined {
  const [value, second] = parameters.getAll(name);
  if (second !== undefined) throw new Problem('invalid-query', `\`${name}\` is given more than once.`);
  return value;
}

/** `limit` and `after` of a page; throws Problem `invalid-query` or `invalid-key`. */
export function parsePage(parameters: URLSearchParams): Page {
  const limit = single(parameters, 'limit');
  if (limit !== undefined && !(/^[1-9]\d{0,8}$/.test(limit) && Number(limit) <= maxLimit)) {
    throw new Problem('invalid-query', `\`limit\` is a whole number from 1 to ${maxLimit}; this one is "${limit}".`);
  }
  const after = single(parameters, 'after');
  return {
    filter: { after: after === undefined ? undefined : parseKey(after) },
    limit: limit === undefined ? undefined : Number(limit),
  };
}

/** Seconds of a time to live: ten years. */
export const maxTtl = 3650 * 24 * 3600;

/** `ttl`: whole seconds; undefined: none is given. Throws Problem `invalid-query`. */
export function parseTtl(parameters: URLSearchParams): number | undefined {
  const ttl = single(parameters, 'ttl');
  if (ttl === undefined) return undefined;
  if (!(/^[1-9]\d{0,8}$/.test(ttl) && Number(ttl) <= maxTtl)) {
    throw new Problem(
      'invalid-query',
      `\`ttl\` is a whole number of seconds from 1 to ${maxTtl}; this one is "${ttl}".`,
    );
  }
  return Number(ttl);
}

/** `name=true` or `name=false`, which is the default. Throws Problem `invalid-query`. */
export function parseFlag(parameters: URLSearchParams, name: string): boolean {
  const value = single(parameters, name) ?? 'false';
  if (value !== 'true' && value !== 'false') {
    throw new Problem('invalid-query', `\`${name}\` is "true" or "false"; this one is "${value}".`);
  }
  return value === 'true';
}

/** Whether the read may be answered from the index at once. Throws Problem `invalid-query`. */
export function parseStale(parameters: URLSearchParams): boolean {
  const consistency = single(parameters, 'consistency') ?? 'linearizable';
  if (consistency === 'stale') return true;
  if (consistency === 'linearizable') return false;
  throw new Problem('invalid-query', `\`consistency\` is "linearizable" or "stale"; this one is "${consistency}".`);
}
