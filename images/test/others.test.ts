/** Images of others: named by digest, and looked up when a release is made. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { temporaryFolder } from '../../test-support/temporary-folder.ts';
import { checkImages, etcdImage, imagesIn, othersImages, registryDigest } from '../others.ts';

const digest = (letter: string) => `sha256:${letter.repeat(64)}`;

test('each image of others is named by its digest, but for the etcd that a release pins', (t) => {
  const images = othersImages();
  const loose = images.filter(({ image }) => !/:[\w.-]+@sha256:[0-9a-f]{64}$/.test(image));
  // The default of the operator, and the examples of docs/etcd-recovery.md, which say "the members' image".
  t.deepEqual([...new Set(loose.map(({ image }) => image))], [etcdImage]);
  t.deepEqual([...new Set(loose.map(({ file }) => file))], ['docs/etcd-recovery.md', 'operator/src/config.ts']);
  const files = new Set(images.map(({ file }) => file));
  for (const name of ['collector', 'grafana', 'jaeger', 'prometheus'])
    t.true(files.has(`config/observability/${name}.yaml`), name);
  for (const name of ['service', 'operator']) t.true(files.has(`Dockerfile.${name}`), name);
});

test('images are found where manifests, Dockerfiles and commands name them; our own and templates are left out', (t) => {
  const text = [
    ...['      - image: a/b:1', '  image: "c:2.0" # why', 'ARG NODE_IMAGE=d:3', `FROM e@${digest('e')} AS base`],
    ...[`FROM $\{NODE_IMAGE} AS x`, 'FROM scratch', '  image: kvstore/service:0.1.0', '  image:', '    type: string'],
    ...['    docker run --rm -p 8080:8080 -v data:/data f/g:4 sh', 'Try `podman pull h.example:5000/i:5`.'],
    ...[
      '`docker run --rm kvstore/service:0.1.0 kv`',
      'docker push j:6',
      '  image: {{ .Values.image }}',
      'an image: k:7',
    ],
  ].join('\n');
  t.deepEqual(imagesIn(text), ['a/b:1', 'c:2.0', 'd:3', `e@${digest('e')}`, 'f/g:4', 'h.example:5000/i:5']);
});

/** A registry that serves these. */
function registry(served: Readonly<Record<string, string>>) {
  const asked: string[] = [];
  const digestOf = (reference: string): string => {
    asked.push(reference);
    const found = served[reference];
    if (found === undefined) throw new Error(`${reference}: manifest unknown`);
    return found;
  };
  return { asked, digestOf };
}

test('what has no digest gets that of its tag; the registry gets one question for an image, whatever names it', (t) => {
  const pinned = `registry.example:5000/b:2@${digest('b')}`;
  const { asked, digestOf } = registry({ 'a:1': digest('a'), 'registry.example:5000/b:2': digest('b') });
  const images = [pinned, 'a:1', 'a:1', pinned].map((image) => ({ image, file: 'x.yaml' }));
  const checked = checkImages(images, digestOf);
  t.deepEqual(
    [...checked.pinned],
    [
      [pinned, pinned],
      ['a:1', `a:1@${digest('a')}`],
    ],
  );
  t.deepEqual(checked.notes, []);
  t.deepEqual(asked, ['registry.example:5000/b:2', 'a:1']);
});

test('a tag that leads elsewhere is a note while the digest is served, and an error when it is not', (t) => {
  const moved = { image: `a:1@${digest('a')}`, file: 'x.yaml' };
  const { pinned, notes } = checkImages(
    [moved],
    registry({ 'a:1': digest('b'), [`a@${digest('a')}`]: digest('a') }).digestOf,
  );
  t.is(pinned.get(moved.image), moved.image);
  t.is(notes.length, 1);
  t.regex(notes[0] ?? '', /^x\.yaml: a:1 is another image/);
  t.throws(() => checkImages([moved], registry({ 'a:1': digest('b') }).digestOf), { message: /manifest unknown/ });
});

test.serial('skopeo names the digest of all architectures, and its failure ends the release', (t) => {
  const folder = temporaryFolder(t);
  const program = join(folder, 'skopeo');
  const before = process.env.PATH;
  t.teardown(() => {
    process.env.PATH = before;
  });
  process.env.PATH = `${folder}:${before}`;
  const write = (script: string) => {
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o700);
  };
  write(`[ "$*" = "inspect --no-tags --format {{.Digest}} docker://a:1" ] && echo ${digest('a')}`);
  t.is(registryDigest('a:1'), digest('a'));
  t.throws(() => registryDigest('a:2'));
  write('echo');
  t.throws(() => registryDigest('a:1'), { message: /no digest/ });
});
