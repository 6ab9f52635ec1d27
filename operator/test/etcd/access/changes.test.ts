import test from 'ava';
import type { Access } from '../../../src/etcd/access/access.ts';
import { accessChanges } from '../../../src/etcd/access/changes.ts';
import { wantedAccess } from '../../../src/etcd/access/wanted.ts';
import { etcdNames } from '../../../src/etcd/names.ts';
import { kvstoreWith } from '../samples.ts';

const wanted = wantedAccess(etcdNames(kvstoreWith()));
const role = 'kvstore-service';
const service = 'kvstore-etcd-client';
const own = { type: 'READWRITE', key: '/kvstore/team/shop/', rangeEnd: '/kvstore/team/shop0' } as const;
const other = { type: 'READWRITE', key: '/kvstore/team/', rangeEnd: '/kvstore/team0' } as const;

test('a new etcd: everybody is there before anybody is asked who he is', (t) => {
  const changes = accessChanges({ enabled: false, users: {}, roles: {} }, wanted);
  t.deepEqual(
    changes.map(({ kind }) => kind),
    ['add-role', 'grant', ...Array.from({ length: 4 }, () => ['add-user', 'grant-role']).flat(), 'enable'],
  );
  t.deepEqual(changes[1], { kind: 'grant', role, permission: own });
});

for (const [title, present, expected] of [
  ['nothing to do', {}, []],
  ['it was turned off', { enabled: false }, [{ kind: 'enable' }]],
  [
    'the service was given more',
    { users: { ...wanted.users, [service]: ['root', role] } },
    [{ kind: 'revoke-role', user: service, role: 'root' }],
  ],
  ['its role was given more', { roles: { [role]: [other, own] } }, [{ kind: 'revoke', role, permission: other }]],
  [
    'restored from a KvStore of another name: its own keys first',
    { roles: { [role]: [other] } },
    [
      { kind: 'grant', role, permission: own },
      { kind: 'revoke', role, permission: other },
    ],
  ],
  ['it may read only', { roles: { [role]: [{ ...own, type: 'READ' }] } }, [{ kind: 'grant', role, permission: own }]],
  [
    'users and roles of somebody else',
    { users: { ...wanted.users, auditor: ['reader'] }, roles: { ...wanted.roles, reader: [other] } },
    [],
  ],
] as const satisfies readonly (readonly [string, Partial<Access>, readonly object[]])[]) {
  test(`what leads to what is wanted: ${title}`, (t) => {
    t.deepEqual(accessChanges({ ...wanted, ...present }, wanted), [...expected]);
  });
}
