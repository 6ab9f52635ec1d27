/** GET /openapi.json: the description of the API. */
import { jsonAnswer, type TextAnswer, withHeaders } from '../../answers/answer.ts';
import { revalidated } from '../../answers/cache-control.ts';
import { type DocumentOptions, openApiDocument } from './document.ts';

export function serveDocument(options: DocumentOptions): () => TextAnswer {
  const answer = withHeaders(jsonAnswer(JSON.stringify(openApiDocument(options))), revalidated);
  return () => answer;
}
