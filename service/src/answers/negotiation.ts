/** What a client would rather have (RFC 9110, 12.5). */
import type { IncomingHttpHeaders } from 'node:http';
import accepts, { type Accepts } from 'accepts';

export function negotiation(headers: IncomingHttpHeaders): Accepts {
  // It reads nothing of the request but its headers.
  return accepts({ headers } as Parameters<typeof accepts>[0]);
}
