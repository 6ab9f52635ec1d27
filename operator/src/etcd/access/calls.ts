/** Reads and changes an etcd's users and roles. */
import type { PermissionAnswer } from '../rpc/answers.ts';
import type { Call } from '../rpc/call.ts';
import type { Access, AccessChange, Permission } from './access.ts';

export async function accessOf(call: Call, timeoutMs: number): Promise<Access> {
  const { enabled } = await call<{ readonly enabled: boolean }>('AuthStatus', {}, timeoutMs);
  const users: [string, readonly string[]][] = [];
  for (const name of (await call<{ readonly users: string[] }>('UserList', {}, timeoutMs)).users) {
    users.push([name, (await call<{ readonly roles: string[] }>('UserGet', { name }, timeoutMs)).roles]);
  }
  const roles: [string, readonly Permission[]][] = [];
  for (const role of (await call<{ readonly roles: string[] }>('RoleList', {}, timeoutMs)).roles) {
    const { perm } = await call<{ readonly perm: PermissionAnswer[] }>('RoleGet', { role }, timeoutMs);
    roles.push([role, perm.map(permissionOf)]);
  }
  return { enabled, users: Object.fromEntries(users), roles: Object.fromEntries(roles) };
}

export async function changeAccess(call: Call, change: AccessChange, timeoutMs: number): Promise<void> {
  switch (change.kind) {
    case 'add-user':
      await call('UserAdd', { name: change.user, options: { no_password: true } }, timeoutMs);
      return;
    case 'grant-role':
      await call('UserGrantRole', { user: change.user, role: change.role }, timeoutMs);
      return;
    case 'revoke-role':
      await call('UserRevokeRole', { name: change.user, role: change.role }, timeoutMs);
      return;
    case 'add-role':
      await call('RoleAdd', { name: change.role }, timeoutMs);
      return;
    case 'grant': {
      const { type, ...range } = rangeOf(change.permission);
      await call('RoleGrantPermission', { name: change.role, perm: { permType: type, ...range } }, timeoutMs);
      return;
    }
    case 'revoke': {
      const { type: _, ...range } = rangeOf(change.permission);
      await call('RoleRevokePermission', { role: change.role, ...range }, timeoutMs);
      return;
    }
    case 'enable':
      await call('AuthEnable', {}, timeoutMs);
      return;
  }
}

/** Any bytes may be a key, and must come back as they were to be revoked. */
const encoding = 'latin1';

function permissionOf({ permType, key, range_end }: PermissionAnswer): Permission {
  return { type: permType, key: key.toString(encoding), rangeEnd: range_end.toString(encoding) };
}

function rangeOf({ type, key, rangeEnd }: Permission): Pick<Permission, 'type'> & { key: Buffer; range_end: Buffer } {
  return { type, key: Buffer.from(key, encoding), range_end: Buffer.from(rangeEnd, encoding) };
}
