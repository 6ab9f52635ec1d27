/** GET /openapi.json: the description of the API. */
import { jsonAnswer, type TextAnswer } from '../../answers/answer.ts';
import { type DocumentOptions, openApiDocument } from './document.ts';

export function serveDocument(options: DocumentOptions): () => TextAnswer {
  const answer = jsonAnswer(JSON.stringify(openApiDocument(options)));
  return () => answer;
}
