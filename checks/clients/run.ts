/**
 * `npm run clients`: generates clients of the API in Python, Go and TypeScript, compiles them, and runs a round with each.
 * Tests do the same. Needs python3 with venv, Go, Java, Maven and the package registries.
 */
import { scriptArguments } from '../../test-support/arguments.ts';
import * as languages from './languages.ts';
import { typescriptFetch } from './typescript-fetch.ts';
import { withService } from './with-service.ts';

scriptArguments({});
for (const [language, round] of Object.entries({ ...languages, typescriptFetch })) {
  await withService(language, round);
  console.log(`Clients, ${language}: generated, compiled, and done a round`);
}
