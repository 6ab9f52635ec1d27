/** GET /whoami: what the request's token may do. */
import { jsonAnswer, type TextAnswer, withHeaders } from '../answers/answer.ts';
import { notStored } from '../answers/cache-control.ts';
import type { Rates } from '../auth/token-rates.ts';
import type { Token } from '../auth/tokens.ts';

/** `token` undefined: the service asks for none, so that everything is allowed. `rates` undefined: it has no limits. */
export function whoAmI(token: Token | undefined, rates: Rates | undefined): TextAnswer {
  const { name = null, access = 'rw', scope, expires } = token ?? {};
  const answer = {
    name,
    may: access === 'rw' ? 'write' : 'read',
    prefixes: scope?.prefixes ?? null,
    expires: expires === undefined ? null : new Date(expires).toISOString(),
    limits: rates === undefined ? null : { requests: rates.requests || null, bytes: rates.bytes || null },
  };
  return withHeaders(jsonAnswer(JSON.stringify(answer)), notStored);
}
