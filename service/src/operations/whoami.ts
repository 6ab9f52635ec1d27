/** GET /whoami: what the request's token may do. */
import { jsonAnswer, type TextAnswer, withHeaders } from '../answers/answer.ts';
import { notStored } from '../answers/cache-control.ts';
import type { Token } from '../auth/tokens.ts';

/** Undefined: the service asks for no tokens, so that everything is allowed. */
export function whoAmI(token: Token | undefined): TextAnswer {
  const { name = null, access = 'rw', scope, expires } = token ?? {};
  const answer = {
    name,
    may: access === 'rw' ? 'write' : 'read',
    prefixes: scope?.prefixes ?? null,
    expires: expires === undefined ? null : new Date(expires).toISOString(),
  };
  return withHeaders(jsonAnswer(JSON.stringify(answer)), notStored);
}
