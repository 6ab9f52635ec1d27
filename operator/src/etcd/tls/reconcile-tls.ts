/** An etcd's certificates: read, renewed when due, written before the pods that need them. */
import { createHash } from 'node:crypto';
import type { V1Secret } from '@kubernetes/client-node';
import type { EtcdDefaults, EtcdObjects, EtcdTools, Identity } from '../contract.ts';
import type { EtcdNames } from '../names.ts';
import { type EtcdState, replicasOf } from '../state.ts';
import { expiryOf, leafFault } from './inspect.ts';
import { issueAuthority, issueLeaf, type Pair } from './issue.ts';
import {
  issuerInBundle,
  type Leaf,
  leafSecret,
  leaves,
  profileOf,
  readLeaf,
  readTrust,
  secretNames,
  trustSecret,
} from './secrets.ts';
import {
  bundleOf,
  duePhase,
  introduce,
  issuersOf,
  retirePrevious,
  signingPair,
  switchToNext,
  type Trust,
  trustExpiry,
} from './trust.ts';

export interface Certificates {
  /** What the operator shows members and checks them by. */
  readonly identity: Identity;
  /** Of all that members trust: they read it at their start only. */
  readonly trustHash: string;
  /** By certificate, Unix seconds. */
  readonly expiry: Readonly<Record<string, number>>;
}

export async function reconcileTls(
  names: EtcdNames,
  state: EtcdState,
  objects: EtcdObjects,
  tools: EtcdTools,
  { authorityPhaseMs }: EtcdDefaults,
): Promise<Certificates> {
  const secrets = secretsByName(names, objects);
  const present = await presentTrust(names, state, secrets, tools);
  const trust = await advance(present, names, state, objects, tools, authorityPhaseMs);
  // The authority first: what it signed must never be there without it.
  await tools.apply(trustSecret(names, trust, secrets.ca?.metadata?.resourceVersion));
  const pairs: Record<Leaf, Pair> = {
    member: await presentLeaf('member', names, secrets.member, trust, tools),
    client: await presentLeaf('client', names, secrets.client, trust, tools),
    operator: await presentLeaf('operator', names, secrets.operator, trust, tools),
  };
  for (const leaf of leaves) await tools.apply(leafSecret(names, leaf, pairs[leaf], trust));
  const ca = bundleOf(trust);
  const expiries = leaves.map((leaf) => [leaf, expiryOf(pairs[leaf].certificate)]);
  return {
    identity: { ca, ...pairs.operator },
    trustHash: createHash('sha256').update(ca).digest('hex').slice(0, 16),
    expiry: { ca: trustExpiry(trust), ...Object.fromEntries(expiries) },
  };
}

type Secrets = Readonly<Record<Leaf | 'ca', V1Secret | undefined>>;

function secretsByName(names: EtcdNames, { secrets }: EtcdObjects): Secrets {
  const called = secretNames(names);
  const find = (name: string) => secrets.find(({ metadata }) => metadata?.name === name);
  return {
    ca: find(called.ca),
    member: find(called.member),
    client: find(called.client),
    operator: find(called.operator),
  };
}

/**
 * An authority whose Secret is gone cannot sign any more, but members go on trusting it: its successor is introduced
 * beside it. Deleting the Secret is therefore also how somebody asks for a new authority.
 */
async function presentTrust(names: EtcdNames, state: EtcdState, secrets: Secrets, tools: EtcdTools): Promise<Trust> {
  const now = tools.now();
  const known = readTrust(secrets.ca, now);
  if (known !== undefined) return known;
  const made = await newAuthority(names, now);
  const former = issuerInBundle(secrets.member) ?? issuerInBundle(secrets.operator);
  if (former === undefined) {
    if (state.clusterId !== undefined) tools.event('Warning', 'EtcdCertificatesLost', lost);
    return { signer: made, since: now };
  }
  tools.event('Warning', 'EtcdAuthorityLost', 'the key of the certificate authority is gone: it is replaced');
  return { signer: { certificate: former, key: undefined }, next: made, since: now };
}

async function advance(
  trust: Trust,
  names: EtcdNames,
  state: EtcdState,
  objects: EtcdObjects,
  tools: EtcdTools,
  phaseMs: number,
): Promise<Trust> {
  const now = tools.now();
  const tell = (message: string) => tools.event('Normal', 'EtcdAuthorityReplaced', message);
  switch (duePhase(trust, now, phaseMs)) {
    case 'introduce':
      tell('a new certificate authority is trusted beside the present one, which ends within a year');
      return introduce(trust, await newAuthority(names, now), now);
    case 'switch':
      if (!(await membersTrustNext(trust, names, state, objects, tools))) return trust;
      tell('the new certificate authority signs from now on');
      return switchToNext(trust, now);
    case 'retire':
      tell('the former certificate authority is not trusted any more');
      return retirePrevious(trust, now);
    case undefined:
      return trust;
  }
}

/** Members read what they trust at their start. That they did is not concluded but tried, with a certificate made for it. */
async function membersTrustNext(
  trust: Trust,
  names: EtcdNames,
  state: EtcdState,
  { pods }: EtcdObjects,
  tools: EtcdTools,
): Promise<boolean> {
  if (trust.next === undefined || pods.length !== replicasOf(state)) return false;
  const pair = await issueLeaf(trust.next, profileOf('operator', names), tools.now());
  const identity = { ca: bundleOf(trust), ...pair };
  const answers = await Promise.all(
    pods.map(({ metadata }) =>
      tools
        .member(metadata?.name ?? '', identity)
        .ready()
        // A member that refuses the certificate does not trust it; one that does not answer is asked again later.
        .catch(() => false),
    ),
  );
  return answers.every((ready) => ready);
}

const lost = 'all certificates are gone, and members know none of the new ones: delete their pods, all at once';

function newAuthority({ name, namespace }: EtcdNames, now: Date): Promise<Pair> {
  // Its own name each time: a chain is looked up by it. 64 characters at the most (RFC 5280, ub-common-name).
  return issueAuthority(`${namespace}/${name}`.slice(0, 40) + ` ${now.toISOString()}`.slice(0, 24), now);
}

async function presentLeaf(
  leaf: Leaf,
  names: EtcdNames,
  secret: V1Secret | undefined,
  trust: Trust,
  tools: EtcdTools,
): Promise<Pair> {
  const now = tools.now();
  const pair = readLeaf(secret);
  const profile = profileOf(leaf, names);
  const fault = leafFault(pair, profile, issuersOf(trust), now);
  if (pair !== undefined && fault === undefined) return pair;
  if (secret !== undefined) tools.event('Normal', 'EtcdCertificateRenewed', `${leaf}: ${fault}`);
  return issueLeaf(signingPair(trust), profile, now);
}
