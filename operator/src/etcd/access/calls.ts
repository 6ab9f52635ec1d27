/** Reads and changes an etcd's users and roles. */
import type { PermissionResponse } from '@kvstore/etcd/messages.ts';
import type { Call } from '../members/calls.ts';
import type { Access, AccessChange, Permission } from './access.ts';

export async function accessOf(call: Call, timeoutMs: number): Promise<Access> {
  const { enabled } = await call<{ readonly enabled: boolean }>('authStatus', {}, timeoutMs);
  const users: [string, readonly string[]][] = [];
  for (const name of (await call<{ readonly users: string[] }>('userList', {}, timeoutMs)).users) {
    users.push([name, (await call<{ readonly roles: string[] }>('userGet', { name }, timeoutMs)).roles]);
  }
  const roles: [string, readonly Permission[]][] = [];
  for (const role of (await call<{ readonly roles: string[] }>('roleList', {}, timeoutMs)).roles) {
    const { perm } = await call<{ readonly perm: PermissionResponse[] }>('roleGet', { role }, timeoutMs);
    roles.push([role, perm.map(permissionOf)]);
  }
  return { enabled, users: Object.fromEntries(users), roles: Object.fromEntries(roles) };
}

export async function changeAccess(call: Call, change: AccessChange, timeoutMs: number): Promise<void> {
  switch (change.kind) {
    case 'add-user':
      await call('userAdd', { name: change.user, options: { no_password: true } }, timeoutMs);
      return;
    case 'grant-role':
      await call('userGrantRole', { user: change.user, role: change.role }, timeoutMs);
      return;
    case 'revoke-role':
      await call('userRevokeRole', { name: change.user, role: change.role }, timeoutMs);
      return;
    case 'add-role':
      await call('roleAdd', { name: change.role }, timeoutMs);
      return;
    case 'grant': {
      const { type, ...range } = rangeOf(change.permission);
      await call('roleGrantPermission', { name: change.role, perm: { permType: type, ...range } }, timeoutMs);
      return;
    }
    case 'revoke': {
      const { type: _, ...range } = rangeOf(change.permission);
      await call('roleRevokePermission', { role: change.role, ...range }, timeoutMs);
      return;
    }
    case 'enable':
      await call('authEnable', {}, timeoutMs);
      return;
  }
}

/** Any bytes may be a key, and must come back as they were to be revoked. */
const encoding = 'latin1';

function permissionOf({ permType, key, range_end }: PermissionResponse): Permission {
  return { type: permType, key: key.toString(encoding), rangeEnd: range_end.toString(encoding) };
}

function rangeOf({ type, key, rangeEnd }: Permission): Pick<Permission, 'type'> & { key: Buffer; range_end: Buffer } {
  return { type, key: Buffer.from(key, encoding), range_end: Buffer.from(rangeEnd, encoding) };
}
