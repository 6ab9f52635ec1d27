import { X509Certificate } from 'node:crypto';
import test from 'ava';
import { etcdNames } from '../../../src/etcd/names.ts';
import { leafFault } from '../../../src/etcd/tls/inspect.ts';
import { issueAuthority, issueLeaf, leafDays } from '../../../src/etcd/tls/issue.ts';
import { profileOf } from '../../../src/etcd/tls/secrets.ts';
import { kvstoreWith } from '../samples.ts';

const start = new Date('2030-01-01T00:00:00Z');
const names = etcdNames(kvstoreWith());
const member = profileOf('member', names);
const client = profileOf('client', names);
/** id-kp-serverAuth and id-kp-clientAuth (RFC 5280, 4.2.1.12). */
const [serverAuth, clientAuth] = ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'];

test('members answer under their names and the loopback address, clients under none', async (t) => {
  const authority = await issueAuthority('authority', start);
  const ofMember = new X509Certificate((await issueLeaf(authority, member, start)).certificate);
  t.truthy(ofMember.checkHost('shop-etcd-2.shop-etcd.team.svc'));
  t.is(ofMember.checkHost('shop-etcd-2.other-etcd.team.svc'), undefined);
  t.truthy(ofMember.checkIP('127.0.0.1'));
  t.deepEqual(ofMember.keyUsage, [clientAuth, serverAuth]);
  const ofClient = new X509Certificate((await issueLeaf(authority, client, start)).certificate);
  t.is(ofClient.subjectAltName, undefined);
  t.deepEqual(ofClient.keyUsage, [clientAuth]);
  t.false(ofClient.ca);
});

test('a certificate is kept until a third of its life is left, and renewed at once for any other fault', async (t) => {
  const authority = await issueAuthority('authority', start);
  const other = await issueAuthority('authority', start);
  const pair = await issueLeaf(authority, client, start);
  const issuers = [authority.certificate];
  const day = (days: number) => new Date(start.getTime() + days * 86_400_000);
  t.is(leafFault(pair, client, issuers, day((leafDays * 2) / 3 - 1)), undefined);
  t.regex(leafFault(pair, client, issuers, day((leafDays * 2) / 3)) ?? '', /ends/);
  t.regex(leafFault(pair, client, [other.certificate], start) ?? '', /authority/);
  t.regex(leafFault(pair, member, issuers, start) ?? '', /names/);
  t.regex(leafFault({ ...pair, key: other.key }, client, issuers, start) ?? '', /damaged/);
  t.regex(leafFault({ ...pair, certificate: 'x' }, client, issuers, start) ?? '', /damaged/);
  t.truthy(leafFault(undefined, client, issuers, start));
});
