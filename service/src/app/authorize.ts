/** Who may do what: bearer tokens (RFC 6750). Every path needs one but for those that are listed as open. */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { challenge } from '@kvstore/core/challenge.ts';
import { Problem } from '@kvstore/core/problem.ts';
import type { Tokens } from '../auth/token-file.ts';
import type { TokenRates } from '../auth/token-rates.ts';
import type { Token } from '../auth/tokens.ts';
import type { RawRequest } from '../requests/raw-request.ts';

/** The methods that change nothing (RFC 9110, 9.2.1); any other needs a token that may write. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** RFC 6750, 2.1: the scheme's name in any case, then the token. */
const bearer = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/** Notes the request's token, and counts the request. Throws Problem `unauthorized`, `rate-limited` or `read-only-token`. */
export type Authorize = (request: RawRequest, response: ServerResponse) => void;

/**
 * @param openPaths paths that need no token, since they show nothing of what is stored
 * @param readPaths where POST reads: its body names the keys
 * @param rates limits of tokens; undefined: there are none
 */
export function requireToken(
  tokens: Tokens,
  openPaths: ReadonlySet<string>,
  readPaths: ReadonlySet<string>,
  rates: TokenRates | undefined,
): Authorize {
  const changesNothing = ({ method, target }: RawRequest) =>
    safeMethods.has(method) || (method === 'POST' && readPaths.has(target.path));
  return (request, response) => {
    if (openPaths.has(request.target.path)) return;
    const token = tokenOf(request.headers, tokens);
    if (token === undefined) throw unauthorized(request, tokens);
    request.token = token;
    rates?.take(token, response);
    if (token.access !== 'rw' && !changesNothing(request)) {
      const headers = challenge('insufficient_scope');
      throw new Problem('read-only-token', `The token "${token.name}" may read, not write.`, { headers });
    }
  };
}

/** The token in force that a request shows; undefined: it shows none. */
export function tokenOf(headers: IncomingHttpHeaders, tokens: Tokens): Token | undefined {
  const text = tokenIn(headers);
  return text === undefined ? undefined : tokens.use(text);
}

function tokenIn({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return bearer.exec(authorization)?.[1];
}

function unauthorized({ headers }: RawRequest, tokens: Tokens): Problem {
  if (headers.authorization === undefined) {
    const message = 'A request shows its token: "Authorization: Bearer <token>".';
    return new Problem('unauthorized', message, { headers: challenge() });
  }
  const { name, expires = 0 } = tokens.expired(tokenIn(headers) ?? '') ?? {};
  const message =
    name === undefined
      ? 'The Authorization header holds no token that is in force.'
      : `The token "${name}" has expired at ${new Date(expires).toISOString()}.`;
  return new Problem('unauthorized', message, { headers: challenge('invalid_token') });
}
