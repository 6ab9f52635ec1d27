/** What is said of a route, from what was found. */
import test from 'ava';
import { exposureOf, type RouteFacts } from '../../src/exposure/finding.ts';
import { kvStore } from '../support/kvstore.ts';

const shop = kvStore({ ingress: { enabled: true, className: 'traefik', host: 'shop.test', pages: false } });
const accepted = { status: { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } } };
const good: RouteFacts = {
  ...{ serviceIsForeign: false, holder: undefined, restoring: false, classExists: true, tlsSecretExists: undefined },
  ...{ ingress: accepted, availableReplicas: 1, hasIdentity: true, answer: undefined },
};

const silent = { status: 200, identity: undefined };
const own = { status: 200, identity: 'web/shop/uid' };
const lost = { status: 404, identity: undefined };

const cases: readonly [title: string, facts: Partial<RouteFacts>, expected: string, message: RegExp][] = [
  ['taken up by its controller', {}, 'True IngressAccepted', /192\.0\.2\.1/],
  ['its status is empty', { ingress: {} }, 'Unknown NotReported', /KVSTORE_INGRESS_URLS/],
  ['the Service is foreign', { serviceIsForeign: true }, 'False ServiceConflict', /Service shop/],
  ['the host is taken', { holder: 'KvStore a/b' }, 'False HostTaken', /shop\.test.*KvStore a\/b.*ingress\.host/],
  ['a restore is at work', { restoring: true }, 'False Restoring', /restored/],
  ['no such class', { classExists: false }, 'False IngressClassNotFound', /traefik/],
  ['a class that cannot be read', { classExists: undefined }, 'True IngressAccepted', /./],
  ['no such Secret', { tlsSecretExists: false }, 'False TlsSecretNotFound', /in web/],
  ['not made yet', { ingress: undefined }, 'False IngressMissing', /shop/],
  ['no replica behind it', { availableReplicas: 0 }, 'False NoReplica', /replica/],
  [
    'another store answers while there is no replica behind it',
    { availableReplicas: 0, answer: { status: 200, identity: 'a/b/c' } },
    'False OtherStoreAnswers',
    /a\/b\/c.*allowEmptyServices/,
  ],
  ['its own end is still known', { availableReplicas: 0, answer: own }, 'False NoReplica', /./],
  ['the host is taken, by design', { holder: 'Ingress a/b' }, 'False HostTaken', /ingress\.enabled: false/],
  ['it answers', { answer: { status: 200, identity: 'web/shop/uid' } }, 'True RouteAnswers', /shop\.test/],
  [
    'it answers, unasked for a status',
    { ingress: {}, answer: { status: 503, identity: 'web/shop/uid' } },
    'True RouteAnswers',
    /./,
  ],
  ['another store answers', { answer: { status: 200, identity: 'a/b/c' } }, 'False OtherStoreAnswers', /a\/b\/c/],
  [
    'one of an earlier life answers',
    { answer: { status: 200, identity: 'web/shop/old' } },
    'False OtherStoreAnswers',
    /old/,
  ],
  ["the proxy's own 404", { answer: lost }, 'False RouteNotAnswering', /404/],
  ["an older store's answer", { hasIdentity: false, answer: silent }, 'True IngressAccepted', /192\.0\.2\.1/],
  ['the same without a status', { hasIdentity: false, ingress: {}, answer: silent }, 'Unknown NotReported', /./],
  ["the proxy's 404 before an older store", { hasIdentity: false, answer: lost }, 'False RouteNotAnswering', /404/],
  ['no store of ours', { answer: silent }, 'False RouteNotAnswering', /200 without/],
  ['the controller is gone', { answer: { error: 'refused' } }, 'False RouteNotAnswering', /refused/],
];
for (const [title, facts, expected, message] of cases) {
  test(title, (t) => {
    const found = exposureOf(shop, { ...good, ...facts });
    t.is(`${found.status} ${found.reason}`, expected);
    t.regex(found.message, message);
  });
}

test('an image that the spec names may be an older one, which does not say which store it is', (t) => {
  const older = { ...shop, spec: { ...shop.spec, image: 'kvstore/service:0.1' } };
  t.like(exposureOf(older, { ...good, answer: silent }), { status: 'True', reason: 'IngressAccepted' });
  t.is(exposureOf(older, { ...good, answer: lost }).reason, 'RouteNotAnswering');
});
