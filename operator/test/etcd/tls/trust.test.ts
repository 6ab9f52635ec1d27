import { X509Certificate } from 'node:crypto';
import test from 'ava';
import { etcdNames } from '../../../src/etcd/names.ts';
import { authorityDays, issueAuthority } from '../../../src/etcd/tls/issue.ts';
import { readTrust, trustSecret } from '../../../src/etcd/tls/secrets.ts';
import {
  bundleOf,
  duePhase,
  introduce,
  retirePrevious,
  signingPair,
  switchToNext,
  type Trust,
} from '../../../src/etcd/tls/trust.ts';
import { kvstoreWith } from '../samples.ts';

const start = new Date('2030-01-01T00:00:00Z');
const phaseMs = 600_000;
const dayMs = 86_400_000;
const names = etcdNames(kvstoreWith());

function after(ms: number, since = start): Date {
  return new Date(since.getTime() + ms);
}

test('an authority is replaced by overlap, a third of its life before it ends', async (t) => {
  const signer = await issueAuthority('first', start);
  const first: Trust = { signer, since: start };
  t.is(duePhase(first, after((authorityDays * dayMs * 2) / 3 - dayMs), phaseMs), undefined);
  const due = after((authorityDays * dayMs * 2) / 3);
  t.is(duePhase(first, due, phaseMs), 'introduce');

  const next = await issueAuthority('second', due);
  const both = introduce(first, next, due);
  t.is(signingPair(both).certificate, signer.certificate);
  t.is(duePhase(both, after(phaseMs - 1, due), phaseMs), undefined);
  t.is(duePhase(both, after(phaseMs, due), phaseMs), 'switch');

  const switched = switchToNext(both, after(phaseMs, due));
  t.is(signingPair(switched).certificate, next.certificate);
  t.is(bundleOf(switched), bundleOf(both), 'what is trusted stays as it is: no member restarts for a switch');
  t.is(duePhase(switched, after(phaseMs + 1, due), phaseMs), undefined);
  t.is(duePhase(switched, after(2 * phaseMs, due), phaseMs), 'retire');

  const second = retirePrevious(switched, after(2 * phaseMs, due));
  t.is(bundleOf(second), next.certificate);
  t.is(duePhase(second, after(3 * phaseMs, due), phaseMs), undefined);
});

test('every phase can be read again from its Secret', async (t) => {
  const [signer, next] = [await issueAuthority('first', start), await issueAuthority('second', start)];
  const phases: Trust[] = [
    { signer, since: start },
    { signer, next, since: start },
    { signer: { certificate: signer.certificate, key: undefined }, next, since: start },
    { signer: next, previous: signer.certificate, since: start },
  ];
  for (const phase of phases) {
    const secret = trustSecret(names, phase, undefined);
    const read = readTrust(secret, after(1));
    const { key: _, ...signerWithoutKey } = phase.signer;
    t.like(read, { ...phase, signer: signerWithoutKey });
    t.is(read?.signer.key, phase.signer.key);
  }
});

test('a Secret that holds no authority with its key holds nothing', async (t) => {
  const [one, other] = [await issueAuthority('one', start), await issueAuthority('other', start)];
  const whole = trustSecret(names, { signer: one, since: start }, undefined);
  const without = (key: string) => ({ ...whole, data: { ...whole.data, [key]: '' } });
  t.truthy(readTrust(whole, start));
  t.is(readTrust(without('signer.crt'), start), undefined);
  t.is(readTrust(without('signer.key'), start), undefined);
  const mixed = trustSecret(names, { signer: { ...one, key: other.key }, since: start }, undefined);
  t.is(readTrust(mixed, start), undefined);
  t.is(readTrust(undefined, start), undefined);
});

test('an authority may sign certificates and nothing else', async (t) => {
  const { certificate } = await issueAuthority('one', start);
  const parsed = new X509Certificate(certificate);
  t.true(parsed.ca);
  t.is(parsed.subject, 'CN=one');
});
