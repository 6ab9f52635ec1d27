/** What a refused request is to show (RFC 6750, 3). */
const realm = 'Bearer realm="kvstore"';

export function challenge(error?: 'invalid_token' | 'insufficient_scope'): Readonly<Record<string, string>> {
  return { 'WWW-Authenticate': error === undefined ? realm : `${realm}, error="${error}"` };
}
