/** GET /openapi.json: the description of the API. */
import { jsonAnswer, type TextAnswer, withHeaders } from '../../answers/answer.ts';
import { revalidated } from '../../answers/cache-control.ts';
import { withForms } from '../../answers/compress.ts';
import { parseQuery } from '../../requests/query.ts';
import type { RawRequest } from '../../requests/raw-request.ts';
import { type DocumentOptions, openApiDocument } from './document.ts';

/** Throws Problem `invalid-query`. */
export function serveDocument(options: DocumentOptions): (request: RawRequest) => TextAnswer {
  const answer = withForms(withHeaders(jsonAnswer(JSON.stringify(openApiDocument(options))), revalidated));
  return ({ target }) => {
    parseQuery(target.query, []);
    return answer;
  };
}
