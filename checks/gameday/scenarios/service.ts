/** What breaks the replicas: a setting, an image, a Secret, more load than they can serve. */
import { kubectl } from '../../../e2e/support/kubectl.ts';
import type { Scenario } from '../scenario.ts';
import { startOverload } from './overload.ts';
import { serviceImage, small } from './stores.ts';
import { applyTokens, brokenTokens, goodTokens, inBase64, tokensSecret, withToken } from './tokens.ts';

const badSetting: Scenario = {
  name: 'bad-setting',
  title: 'A bad setting lets new replicas crash',
  how: 'spec.env gets KV_LOG_LEVEL=nonsense. The new replica ends with exit code 2 again and again; the old ones serve.',
  alert: 'KvStoreReplicaDown',
  spec: small,
  async break(store) {
    await store.patch({ env: [{ name: 'KV_LOG_LEVEL', value: 'nonsense' }] });
    return undefined;
  },
  repair: [{ has: /edit kvstore/, editor: 'sed -i s/nonsense/info/' }],
};

const badImage: Scenario = {
  name: 'failing-rollout',
  title: 'A rollout to an image that is not there',
  how: 'spec.image names a tag that nothing can pull. The old replicas serve.',
  alert: 'KvStoreRolloutStuck',
  spec: small,
  picture: 'kvstore-rollout',
  async break(store) {
    await store.patch({ image: 'kvstore/service:does-not-exist' });
    return undefined;
  },
  repair: [{ has: /"image"/, fill: { 'REPOSITORY:FORMER': serviceImage } }],
};

export const secretBroken: Scenario = {
  name: 'secret-broken',
  title: 'The Secret of the tokens is broken, then all replicas are replaced',
  how: 'The Secret gets a line that is no token, and the pods are deleted, as in maintenance of their nodes.',
  alert: 'KvStoreDown',
  spec: { ...small, auth: { tokensSecretName: tokensSecret } },
  status: 401,
  headers: withToken,
  async prepare(namespace) {
    await applyTokens(namespace, goodTokens);
    return undefined;
  },
  async break({ namespace, name }) {
    await applyTokens(namespace, brokenTokens);
    const pods = `app.kubernetes.io/instance=${name},app.kubernetes.io/component=service`;
    await kubectl('delete', 'pods', '-n', namespace, '-l', pods, '--wait=false');
    return undefined;
  },
  repair: [
    {
      alert: 'KvStoreTokensNotTaken',
      has: /edit secret/,
      isBlock: true,
      editor: `sed -i s#${inBase64(brokenTokens)}#${inBase64(goodTokens)}#`,
    },
    { has: /delete pods -l/ },
  ],
};

const overload: Scenario = {
  name: 'overload',
  title: 'More load than the replica can serve',
  how: 'One replica with a tenth of a core gets 60 searches a second, each with 500 to 1,000 pairs in its answer.',
  alert: 'KvStoreSheddingLoad',
  spec: {
    ...small,
    replicas: 1,
    resources: { requests: { cpu: '20m', memory: '96Mi' }, limits: { cpu: '100m', memory: '512Mi' } },
  },
  picture: 'kvstore-service',
  break: (store) => startOverload(store, 60),
  repair: [{ has: /"replicas":5/ }],
};

export const serviceScenarios = [badSetting, badImage, secretBroken, overload];
