import type { EtcdNames } from '../names.ts';
import { profileOf } from '../tls/secrets.ts';
import { type Access, type Permission, rootRole } from './access.ts';

/** What the service may do; it needs nothing beyond its keys. */
const serviceRole = 'kvstore-service';

/**
 * The operator and whoever holds the members' certificate may do everything, the service may use its own keys. etcd
 * also insists on a user `root` (etcd.io/docs/v3.6/op-guide/authentication/rbac): nobody has a certificate of that name.
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

/** All keys that begin with the prefix, whose last character is ASCII. */
function under(prefix: string): Permission {
  const last = prefix.length - 1;
  const rangeEnd = prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
  return { type: 'READWRITE', key: prefix, rangeEnd };
}
