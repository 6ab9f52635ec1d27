/** Writes dashboards/generated: `npm run dashboards`. KVSTORE_RUNBOOKS_URL says where docs/runbooks.md is published. */
import { mkdir, writeFile } from 'node:fs/promises';
import { defaultRunbooks } from './src/dashboard.ts';
import { renderAll } from './src/render.ts';

const folder = new URL('generated/', import.meta.url);
await mkdir(folder, { recursive: true });
for (const [name, text] of Object.entries(renderAll(process.env.KVSTORE_RUNBOOKS_URL ?? defaultRunbooks))) {
  await writeFile(new URL(name, folder), text);
}
