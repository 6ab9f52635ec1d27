/** Who may do what in an etcd: its users, told by the common names of their certificates, and their roles. */

export interface Permission {
  readonly type: 'READ' | 'WRITE' | 'READWRITE';
  readonly key: string;
  /** The first key behind the range; empty: the key alone. */
  readonly rangeEnd: string;
}

export interface Access {
  /** Whether etcd asks who somebody is. */
  readonly enabled: boolean;
  /** The roles of each user. */
  readonly users: Readonly<Record<string, readonly string[]>>;
  /** The permissions of each role. */
  readonly roles: Readonly<Record<string, readonly Permission[]>>;
}

export type AccessChange =
  | { readonly kind: 'add-user'; readonly user: string }
  | { readonly kind: 'grant-role'; readonly user: string; readonly role: string }
  | { readonly kind: 'revoke-role'; readonly user: string; readonly role: string }
  | { readonly kind: 'add-role'; readonly role: string }
  | { readonly kind: 'grant'; readonly role: string; readonly permission: Permission }
  | { readonly kind: 'revoke'; readonly role: string; readonly permission: Permission }
  | { readonly kind: 'enable' };

/** etcd's own: may do everything. It exists without being made. */
export const rootRole = 'root';

/** The first key behind all that begin with the prefix, whose last character is ASCII. */
export function rangeEndOf(prefix: string): string {
  const last = prefix.length - 1;
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1);
}
