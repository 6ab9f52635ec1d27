/** The chart's objects, rendered without Helm. */
import { readdir, readFile } from 'node:fs/promises';
import { type KubernetesObject, loadAllYaml, loadYaml } from '@kubernetes/client-node';
import { renderTemplate } from './template.ts';

const chart = new URL('../../kvstore/', import.meta.url);

/** Every object of the chart as `helm install --namespace` would create it, with some values that differ. */
export async function renderChart(namespace: string, changes: object = {}): Promise<KubernetesObject[]> {
  const read = (path: string) => readFile(new URL(path, chart), 'utf8');
  const defaults = loadYaml<object>(await read('values.yaml'));
  const unknown = Object.keys(changes).filter((name) => !(name in defaults));
  if (unknown.length > 0) throw new Error(`The chart has no value ${unknown.join()}`);
  const values = { Values: { ...defaults, ...changes }, Release: { Namespace: namespace } };
  const crds = (await readdir(new URL('crds/', chart))).map((name) => read(`crds/${name}`));
  const templates = (await readdir(new URL('templates/', chart)))
    .filter((name) => name.endsWith('.yaml'))
    .map(async (name) => renderTemplate(await read(`templates/${name}`), values));
  const texts = await Promise.all([...crds, ...templates]);
  return texts.flatMap((text) =>
    (loadAllYaml(text) as (KubernetesObject | null)[]).filter((object) => object !== null),
  );
}
