/** What breaks backups, certificates and the operator. */
import { kubectl } from '../../../e2e/support/kubectl.ts';
import { installOperator, operatorSelector } from '../../../e2e/support/operator.ts';
import type { Scenario } from '../scenario.ts';
import { shortenMemberCertificate } from './certificate.ts';
import { small } from './stores.ts';
import { applyTokens, goodTokens, token, tokensSecret, withToken } from './tokens.ts';

const storage = { size: '64Mi' };

const backupFails: Scenario = {
  name: 'backup-fails',
  title: 'Every backup fails',
  how: 'The Secret of spec.backup holds a token that the store does not know. A backup is due every second minute.',
  alert: 'KvStoreBackupFailed',
  spec: { ...small, auth: { tokensSecretName: tokensSecret } },
  status: 401,
  headers: withToken,
  async prepare(namespace) {
    await applyTokens(namespace, goodTokens);
    await kubectl('create', 'secret', 'generic', 'backup-token', '-n', namespace, '--from-literal=token=wrong-token');
    return undefined;
  },
  async break(store) {
    await store.patch({ backup: { schedule: '*/2 * * * *', storage, tokenSecretName: 'backup-token' } });
    return undefined;
  },
  repair: [
    { has: /create secret generic/, fill: { SECRET: 'backup-token', TOKEN: token } },
    { has: /create job backup-now/, isBlock: true },
  ],
};

const backupNeverDue: Scenario = {
  name: 'backup-never-due',
  title: 'A backup never comes due',
  how: 'spec.backup is suspended from the beginning. The threshold of eight days is set to a minute.',
  alert: 'KvStoreBackupNeverDue',
  spec: small,
  async break(store) {
    await store.patch({ backup: { schedule: '0 3 * * *', storage, suspend: true } });
    return undefined;
  },
  repair: [{ has: /create job backup-now/, isBlock: true }],
};

const certificateEnds: Scenario = {
  name: 'certificate-ends',
  title: 'A certificate of etcd ends in two days, and the KvStore is paused',
  how: 'The KvStore is paused, and its Secret gets a certificate of the same authority that was issued 88 days ago.',
  alert: 'KvStoreCertificateEndsSoon',
  spec: small,
  async break(store) {
    await store.patch({ paused: true });
    await kubectl(
      'wait',
      `kvstore/${store.name}`,
      ...['-n', store.namespace, '--timeout=60s'],
      '--for=jsonpath={.status.conditions[?(@.type=="Progressing")].reason}=Paused',
    );
    await shortenMemberCertificate(store);
    return undefined;
  },
  repair: [{ has: /"paused":false/ }],
};

const operatorGone: Scenario = {
  name: 'operator-gone',
  title: 'The operator is gone',
  how: 'Its Deployment is deleted.',
  alert: 'KvStoreOperatorDown',
  spec: small,
  alone: true,
  async break() {
    await kubectl('delete', 'deployment', '-n', 'kvstore-system', '-l', operatorSelector);
    // With the settings of a test cluster again.
    return { stop: installOperator };
  },
  repair: [{ has: /apply -k config/ }],
};

export const operatorScenarios = [backupFails, backupNeverDue, certificateEnds, operatorGone];
