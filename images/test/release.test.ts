/** What a release says of its images; building them needs Docker or Podman and is no part of the tests. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import manifest from '../../package.json' with { type: 'json' };
import { digestOf, provenanceOf } from '../provenance.ts';
import { parts, sbomOf } from '../release.ts';
import { lockedSbom, type Sbom } from '../sbom.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

test("an image's SBOM has its packages with licences, and Node, and no package of development", (t) => {
  const { bomFormat, components, metadata } = JSON.parse(sbomOf('kvstore-service', parts.service, 'x64'));
  t.is(bomFormat, 'CycloneDX');
  t.like(metadata.component, { name: 'kvstore-service', version: manifest.version });
  const names = new Set(components.map(({ name }: { name: string }) => name));
  for (const name of ['koa', 'lmdb', 'commander', 'node']) t.true(names.has(name), name);
  for (const name of ['ava', 'typescript', '@kubernetes/client-node']) t.false(names.has(name), name);
  const koa = components.find(({ name }: { name: string }) => name === 'koa');
  t.is(koa.licenses[0].license.id, 'MIT');
  t.truthy(koa.hashes[0].content);
});

/** Packages of one image that something else of the project has for its development. */
const alsoOfDevelopment = {
  service: ['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'debug', 'hasown', 'minimist', 'ms', 'y18n'],
  operator: ['@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs', 'debug', 'hasown', 'ms', 'y18n'],
};

for (const part of ['service', 'operator'] as const) {
  test(`the SBOM of the ${part} has packages that are also packages of development, for its processor`, (t) => {
    const sbom: Sbom = JSON.parse(sbomOf(`kvstore-${part}`, parts[part], 'arm64'));
    const names = new Set(sbom.components.map(({ name }) => name));
    for (const name of alsoOfDevelopment[part]) t.true(names.has(name), name);
    const lmdb = [...names].filter((name) => name.startsWith('@lmdb/'));
    t.deepEqual(lmdb, part === 'service' ? ['@lmdb/lmdb-linux-arm64'] : []);
    const refs = new Set([sbom.metadata.component, ...sbom.components].map((component) => component['bom-ref']));
    for (const { ref, dependsOn } of sbom.dependencies)
      for (const each of [ref, ...dependsOn]) t.true(refs.has(each), each);
  });
}

test('the SBOM of the project has the packages of every image, for all platforms, and no package of development', (t) => {
  const { metadata, components } = lockedSbom([]);
  t.is(metadata.component.name, manifest.name);
  const names = new Set(components.map(({ name }) => name));
  for (const name of [...alsoOfDevelopment.service, '@kubernetes/client-node', 'commander', 'koa', 'node'])
    t.true(names.has(name), name);
  for (const name of ['@lmdb/lmdb-linux-x64', '@lmdb/lmdb-darwin-arm64']) t.true(names.has(name), name);
  for (const name of ['ava', 'typescript']) t.false(names.has(name), name);
});

test('the provenance names commit, lock file and base with their digests, and the digest of the image', (t) => {
  const [, base = ''] = /^ARG NODE_IMAGE=(\S+)$/m.exec(readFileSync(`${root}Dockerfile.service`, 'utf8')) ?? [];
  const origin = {
    ...{ dockerfile: 'Dockerfile.service', base, revision: 'c0ffee', lock: digestOf('lock'), tool: 'docker' },
    ...{ args: ['--build-arg', 'VERSION=1'], started: '2026-01-01T00:00:00Z', finished: '2026-01-01T00:01:00Z' },
  };
  const digest = digestOf('image');
  const { subject, predicate, predicateType } = JSON.parse(provenanceOf({ name: 'a.tar', digest }, origin));
  t.is(predicateType, 'https://slsa.dev/provenance/v1');
  t.deepEqual(subject, [{ name: 'a.tar', digest: { sha256: digest } }]);
  const [source, lock, image] = predicate.buildDefinition.resolvedDependencies;
  t.deepEqual(source.digest, { gitCommit: 'c0ffee' });
  t.deepEqual(lock.digest, { sha256: origin.lock });
  t.is(`${image.name}@sha256:${image.digest.sha256}`, base);
  const other = JSON.parse(provenanceOf({ name: 'a.tar', digest }, { ...origin, base: 'node:26' }));
  t.deepEqual(other.predicate.buildDefinition.resolvedDependencies[2], { name: 'node:26' });
});
