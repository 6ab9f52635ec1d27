/** docs/operator.md says what each field of a KvStore lets its editor do: no field is left out, and none is made up. */
import { readFile } from 'node:fs/promises';
import { loadYaml } from '@kubernetes/client-node';
import test from 'ava';
import { schemaPathsOf } from './support/schema-paths.ts';

/** Fields with fields of their own that the table describes as a whole; the parts of any other are told one by one. */
const wholes = [
  'resources',
  'env',
  'clients',
  'etcd.resources',
  'etcd.storage',
  'backup.storage',
  'tolerations',
  'affinity',
];

interface Definition {
  readonly spec: {
    readonly versions: readonly {
      readonly schema: {
        readonly openAPIV3Schema: { readonly properties: { readonly spec: Parameters<typeof schemaPathsOf>[0] } };
      };
    }[];
  };
}

/** Each field, or the whole that it is part of. */
async function definedFields(): Promise<Set<string>> {
  const file = new URL('../../config/crd/kvstores.yaml', import.meta.url);
  const { spec } = loadYaml<Definition>(await readFile(file, 'utf8'));
  const [version] = spec.versions;
  if (version === undefined) throw new Error('the definition has no version');
  const fields = schemaPathsOf(version.schema.openAPIV3Schema.properties.spec).map((path) => path.replace(/\[\]$/, ''));
  const wholeOf = (path: string) =>
    wholes.find((whole) => path.startsWith(`${whole}.`) || path.startsWith(`${whole}[]`));
  return new Set(fields.map((path) => wholeOf(path) ?? path));
}

/** What the first column names. */
async function tableFields(): Promise<string[]> {
  const text = await readFile(new URL('../../docs/operator.md', import.meta.url), 'utf8');
  const section = /\n## What an editor may do\n(?<section>.*?)\n#/s.exec(text)?.groups?.section ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => [...(row.split(' | ')[0] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name));
}

test('the table of what an editor may do names each field of the definition once, and no other', async (t) => {
  t.deepEqual((await tableFields()).sort(), [...(await definedFields())].sort());
});
