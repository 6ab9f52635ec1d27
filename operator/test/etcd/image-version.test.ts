import test from 'ava';
import { chooseImage, imageVersion, refuseImage, refuseRunning } from '../../src/etcd/image-version.ts';

const images: readonly (readonly [string, string | undefined])[] = [
  ['registry.k8s.io/etcd:v3.6.16', '3.6.16'],
  ['localhost:5000/etcd:3.6.16-0', '3.6.16'],
  ['etcd:v3.6.16@sha256:abc', '3.6.16'],
  ['etcd@sha256:abc', undefined],
  ['localhost:5000/etcd', undefined],
  ['etcd:latest', undefined],
];
for (const [image, expected] of images) {
  test(`the version of ${image} is ${expected}`, (t) => {
    const version = imageVersion(image);
    t.is(version && `${version.major}.${version.minor}.${version.patch}`, expected);
  });
}

const steps: readonly (readonly [string | undefined, string, boolean])[] = [
  [undefined, 'v3.6.16', true],
  [undefined, 'v3.6.13', false],
  [undefined, 'v3.7.0', false],
  [undefined, 'v2.3.8', false],
  ['3.6.16', 'v3.6.20', true],
  ['3.6.16', 'v3.6.14', true],
  ['3.6.16', 'v3.7.1', true],
  ['3.6.16', 'v3.8.0', false],
  ['3.7.1', 'v3.6.16', false],
  ['3.6.16', 'v4.0.0', false],
  ['3.6.16', 'latest', true],
];
for (const [running, tag, allowed] of steps) {
  test(`${running ?? 'nothing'} to ${tag} is ${allowed ? 'allowed' : 'refused'}`, (t) => {
    t.is(refuseImage(`etcd:${tag}`, running) === undefined, allowed);
  });
}

test('a refused image leaves the current one', (t) => {
  t.like(chooseImage('etcd:v3.8.0', 'etcd:v3.6.16', '3.6.16'), { image: 'etcd:v3.6.16' });
  t.deepEqual(chooseImage('etcd:v3.7.1', 'etcd:v3.6.16', '3.6.16'), { image: 'etcd:v3.7.1' });
});

test('what members run is refused when it is too old, whatever the tag', (t) => {
  t.regex(refuseRunning('3.6.13') ?? '', /stale read/);
  for (const version of ['3.6.14', '3.7.1', '3.5.33', '']) t.is(refuseRunning(version), undefined, version);
});
