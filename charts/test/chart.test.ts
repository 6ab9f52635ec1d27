/** The Helm chart installs what config/ installs. */
import { readFile } from 'node:fs/promises';
import { type KubernetesObject, loadAllYaml } from '@kubernetes/client-node';
import test from 'ava';
import { renderChart } from './support/render.ts';

const namespace = 'kvstore-system';
const read = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

/** Fields that say nothing, as the pod's empty node selector, are left out. */
const comparable = (objects: readonly KubernetesObject[]) =>
  objects
    .map((object) => JSON.parse(JSON.stringify(object, (_key, value) => (isEmpty(value) ? undefined : value))))
    .map((object) => [`${object.kind} ${object.metadata.name}`, object] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));

const isEmpty = (value: unknown) => typeof value === 'object' && value !== null && Object.keys(value).length === 0;

test('with default values it is config/, but for the namespace, which Helm creates', async (t) => {
  const installed = (loadAllYaml(await read('config/kvstore.yaml')) as KubernetesObject[]).filter(
    ({ kind }) => kind !== 'Namespace',
  );
  t.true(installed.length > 5);
  t.deepEqual(comparable(await renderChart(namespace)), comparable(installed));
});

test('another namespace is used throughout', async (t) => {
  const objects = await renderChart('elsewhere');
  t.notRegex(JSON.stringify(objects), /kvstore-system/);
  t.regex(JSON.stringify(objects), /"namespace":"elsewhere"/);
});

test('chart, operator and image have the same version', async (t) => {
  const { version } = JSON.parse(await read('operator/package.json'));
  const chart = await read('charts/kvstore/Chart.yaml');
  t.regex(chart, new RegExp(`^version: ${version}$`, 'm'));
  t.regex(chart, new RegExp(`^appVersion: ${version}$`, 'm'));
  t.regex(await read('charts/kvstore/values.yaml'), new RegExp(`^ {2}tag: ${version}$`, 'm'));
});
