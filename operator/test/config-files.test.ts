/** The files of config/: the rendered one is what the sources say, and every overlay can be rendered. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { findBinary } from '../../test-support/programs/binaries.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

async function render(folder: string): Promise<string> {
  const kubectl = findBinary('kubectl');
  if (kubectl === undefined) throw new Error('kubectl was found neither in KUBEBUILDER_ASSETS nor in the PATH');
  const { stdout } = await promisify(execFile)(kubectl, ['kustomize', folder], { cwd: root });
  return stdout;
}

test('config/kvstore.yaml is config/ rendered: npm run render', async (t) => {
  t.is(await readFile(new URL('../../config/kvstore.yaml', import.meta.url), 'utf8'), await render('config'));
});

test('the overlay for one namespace gives no right in any other', async (t) => {
  const rendered = await render('config/namespaced');
  t.notRegex(rendered, /kind: ClusterRoleBinding/);
  t.regex(rendered, /name: KVSTORE_WATCH_NAMESPACES\n +value: shop/);
  t.notRegex(rendered, /kind: Namespace\nmetadata:\n {2}name: shop\n/, 'deleting it would delete every KvStore in it');
  t.regex(rendered, /kind: RoleBinding\nmetadata:\n(?: .*\n)*? {2}namespace: shop/);
});

test('what uninstalls the operator takes no KvStore along', async (t) => {
  const kept = await render('config/without-crd');
  t.notRegex(kept, /kind: CustomResourceDefinition/);
  const all = await render('config');
  const definition = await readFile(new URL('../../config/crd/kvstores.yaml', import.meta.url), 'utf8');
  t.true(definition.includes('kind: CustomResourceDefinition'));
  const kinds = (text: string) => [...text.matchAll(/^kind: (\w+)$/gm)].map(([, kind]) => kind).sort();
  t.deepEqual([...kinds(kept), 'CustomResourceDefinition'].sort(), kinds(all));
  for (const file of ['operator.md', 'kubernetes.md']) {
    const text = await readFile(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
    t.notRegex(text, /^ {4}kubectl delete -k config$/m, file);
  }
});
