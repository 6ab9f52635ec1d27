import type { Access, AccessChange, Permission } from './access.ts';

/**
 * What leads from what there is to what is wanted, in an order that may end anywhere: what is granted comes before what
 * is revoked, and authentication is enabled only when all users are there. Users and roles of others are left alone.
 */
export function accessChanges(present: Access, wanted: Access): AccessChange[] {
  return [
    ...Object.entries(wanted.roles).flatMap(([role, permissions]) =>
      roleChanges(role, present.roles[role], permissions),
    ),
    ...Object.entries(wanted.users).flatMap(([user, roles]) => userChanges(user, present.users[user], roles)),
    ...(wanted.enabled && !present.enabled ? [{ kind: 'enable' } as const] : []),
  ];
}

function roleChanges(
  role: string,
  present: readonly Permission[] | undefined,
  wanted: readonly Permission[],
): AccessChange[] {
  const granted = present ?? [];
  const missing = wanted.filter((permission) => !granted.some((other) => same(permission, other)));
  // To grant another type for the same range replaces it.
  const unwanted = granted.filter((permission) => !wanted.some((other) => sameRange(permission, other)));
  return [
    ...(present === undefined ? [{ kind: 'add-role', role } as const] : []),
    ...missing.map((permission) => ({ kind: 'grant', role, permission }) as const),
    ...unwanted.map((permission) => ({ kind: 'revoke', role, permission }) as const),
  ];
}

function userChanges(user: string, present: readonly string[] | undefined, wanted: readonly string[]): AccessChange[] {
  const granted = present ?? [];
  return [
    ...(present === undefined ? [{ kind: 'add-user', user } as const] : []),
    ...wanted.filter((role) => !granted.includes(role)).map((role) => ({ kind: 'grant-role', user, role }) as const),
    ...granted.filter((role) => !wanted.includes(role)).map((role) => ({ kind: 'revoke-role', user, role }) as const),
  ];
}

function same(a: Permission, b: Permission): boolean {
  return a.type === b.type && sameRange(a, b);
}

function sameRange(a: Permission, b: Permission): boolean {
  return a.key === b.key && a.rangeEnd === b.rangeEnd;
}
