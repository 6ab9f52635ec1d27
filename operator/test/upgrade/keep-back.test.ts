import type { V1Deployment } from '@kubernetes/client-node';
import test from 'ava';
import { buildDeployment, secretVersionsAnnotation } from '../../src/desired/deployment.ts';
import { keepBack, templateAnnotation } from '../../src/upgrade/keep-back.ts';
import { kvstoreWith } from '../etcd/samples.ts';

type Object = Parameters<typeof keepBack>[0];
const built = (image: string, versions = 'v1'): V1Deployment =>
  buildDeployment(kvstoreWith(), { serviceImage: image }, versions, 'barrier');
const keep = (wanted: V1Deployment, live: V1Deployment | undefined, mayChange: () => boolean): V1Deployment =>
  keepBack(wanted as Object, live, mayChange) as V1Deployment;
const imageOf = ({ spec }: V1Deployment) => spec?.template.spec?.containers[0]?.image;
const yes = () => true;
const no = () => false;
const never = (): boolean => {
  throw new Error('a turn was asked for');
};

/** As the server would have it: with defaults. */
function live(image: string): V1Deployment {
  const object = structuredClone(keep(built(image), undefined, no));
  const [container] = object.spec?.template.spec?.containers ?? [];
  if (container !== undefined) container.terminationMessagePath = '/dev/termination-log';
  return object;
}

test('a new Deployment is made as wanted', (t) => {
  const object = keep(built('a'), undefined, never);
  t.is(imageOf(object), 'a');
  t.regex(object.metadata?.annotations?.[templateAnnotation] ?? '', /^[0-9a-f]{16}$/);
});

test('another image waits for the turn; replicas and versions of Secrets do not', (t) => {
  const wanted = built('b', 'v2');
  if (wanted.spec !== undefined) wanted.spec.replicas = 7;
  const held = keep(wanted, live('a'), no);
  t.is(imageOf(held), 'a');
  t.is(held.spec?.replicas, 7);
  t.is(held.spec?.template.metadata?.annotations?.[secretVersionsAnnotation], 'v2');
  t.is(held.metadata?.annotations?.[templateAnnotation], live('a').metadata?.annotations?.[templateAnnotation]);
  t.is(imageOf(keep(wanted, live('a'), yes)), 'b');
});

test('what has not changed asks for no turn, though the server writes it in another form', (t) => {
  const present = live('a');
  const [container] = present.spec?.template.spec?.containers ?? [];
  if (container?.resources?.limits !== undefined) container.resources.limits.cpu = '2000m';
  t.is(imageOf(keep(built('a', 'v2'), present, never)), 'a');
});

test('what an operator left without a digest is compared field by field', (t) => {
  const bare = live('a');
  if (bare.metadata?.annotations !== undefined) bare.metadata.annotations = {};
  t.is(imageOf(keep(built('a'), bare, never)), 'a');
  const held = keep(built('b'), bare, no);
  t.is(imageOf(held), 'a');
  t.is(held.metadata?.annotations?.[templateAnnotation], undefined);
});

test('other objects pass', (t) => {
  const service = { kind: 'Service', apiVersion: 'v1' };
  t.is(keepBack(service, undefined, never), service);
});
