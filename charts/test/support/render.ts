/**
 * Renders the chart's templates with its default values. It understands what they use of Helm's language: a value, a
 * value as JSON, and a range over a list that is empty by default; anything else is an error.
 */
import { readdir, readFile } from 'node:fs/promises';
import { type KubernetesObject, loadAllYaml, loadYaml } from '@kubernetes/client-node';

const chart = new URL('../../kvstore/', import.meta.url);

/** Every object of the chart as `helm install --namespace` would create it. */
export async function renderChart(namespace: string): Promise<KubernetesObject[]> {
  const read = (path: string) => readFile(new URL(path, chart), 'utf8');
  const values = { Values: loadYaml(await read('values.yaml')), Release: { Namespace: namespace } };
  const crds = (await readdir(new URL('crds/', chart))).map((name) => read(`crds/${name}`));
  const templates = (await readdir(new URL('templates/', chart)))
    .filter((name) => name.endsWith('.yaml'))
    .map(async (name) => render(await read(`templates/${name}`), values));
  const texts = await Promise.all([...crds, ...templates]);
  return texts.flatMap((text) => loadAllYaml(text) as KubernetesObject[]);
}

function render(template: string, values: object): string {
  const withoutRanges = template.replace(
    /[ \n]*\{\{- range (\S+) \}\}[\s\S]*?\{\{- end \}\}/g,
    (_all: string, path: string) => {
      const list = lookUp(path, values);
      if (!Array.isArray(list) || list.length > 0) throw new Error(`${path} is not an empty list`);
      return '';
    },
  );
  return withoutRanges.replace(/\{\{(.*?)\}\}/g, (_all, expression: string) => {
    const words = expression.trim().split(' ');
    const path = words.pop() ?? '';
    const value = lookUp(path, values);
    if (words.length === 0) return String(value);
    if (words.join() === 'toJson') return JSON.stringify(value);
    throw new Error(`This is no part of the template language known here: ${expression}`);
  });
}

function lookUp(path: string, values: object): unknown {
  let value: unknown = values;
  for (const name of path.split('.').slice(1)) {
    value = (value as Record<string, unknown>)[name];
    if (value === undefined) throw new Error(`There is no value ${path}`);
  }
  return value;
}
