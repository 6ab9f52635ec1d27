import type { EtcdNames } from '../names.ts';
import { profileOf } from '../tls/secrets.ts';
import { type Access, type Permission, rangeEndOf, rootRole } from './access.ts';

/** What the service may do; it needs nothing beyond its keys. */
const serviceRole = 'kvstore-service';

/**
 * The operator and holders of the members' certificate may do everything, the service may use its own keys. etcd also
 * requires a user `root` (etcd.io/docs/v3.6/op-guide/authentication/rbac): no certificate has that name.
 */
export function wantedAccess(names: EtcdNames): Access {
  return {
    enabled: true,
    users: {
      root: [rootRole],
      [profileOf('operator', names).commonName]: [rootRole],
      [profileOf('member', names).commonName]: [rootRole],
      [profileOf('client', names).commonName]: [serviceRole],
    },
    roles: { [serviceRole]: [under(names.keyPrefix)] },
  };
}

/** All keys that begin with the prefix. */
function under(prefix: string): Permission {
  return { type: 'READWRITE', key: prefix, rangeEnd: rangeEndOf(prefix) };
}
