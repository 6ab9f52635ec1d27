/**
 * `npm run clients`: generates clients of the API in Python, Go and TypeScript, compiles them, and runs a round with each. A
 * test does the same. Needs python3 with venv, Go and the package registries.
 */
import * as languages from './languages.ts';
import { withService } from './with-service.ts';

for (const [language, round] of Object.entries(languages)) {
  await withService(language, round);
  console.log(`Clients, ${language}: generated, compiled, and done a round`);
}
