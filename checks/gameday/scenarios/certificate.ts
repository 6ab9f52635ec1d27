/** A certificate of etcd's members that was not renewed in time. */
import { apply, kubectl } from '../../../e2e/support/kubectl.ts';
import type { KvStoreHandle } from '../../../e2e/support/kvstore.ts';
import { etcdNames } from '../../../operator/src/etcd/names.ts';
import { issueLeaf, leafDays } from '../../../operator/src/etcd/tls/issue.ts';
import { profileOf, secretNames } from '../../../operator/src/etcd/tls/secrets.ts';

const daysLeft = 2;
const dayMs = 86_400_000;

interface Secret {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly data: Readonly<Record<string, string>>;
}

/** Puts one in place that the operator could have issued nearly a lifetime ago: it ends in two days. */
export async function shortenMemberCertificate({ namespace, name }: KvStoreHandle): Promise<void> {
  const names = etcdNames({ metadata: { name, namespace } });
  const secrets = secretNames(names);
  const read = async (secret: string) =>
    JSON.parse(await kubectl('get', 'secret', secret, '-n', namespace, '-o', 'json')) as Secret;
  const authority = await read(secrets.ca);
  const pem = (key: string) => Buffer.from(authority.data[key] ?? '', 'base64').toString();
  const signer = { certificate: pem('signer.crt'), key: pem('signer.key') };
  const issuedAt = new Date(Date.now() - (leafDays - daysLeft) * dayMs);
  const { certificate, key } = await issueLeaf(signer, profileOf('member', names), issuedAt);
  const member = await read(secrets.member);
  const inBase64 = (text: string) => Buffer.from(text).toString('base64');
  await apply({ ...member, data: { ...member.data, 'tls.crt': inBase64(certificate), 'tls.key': inBase64(key) } });
}
