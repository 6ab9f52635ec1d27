/** Specs of stores that are small enough for a dozen of them on one machine. */
import manifest from '../../../package.json' with { type: 'json' };

const resources = { requests: { cpu: '20m', memory: '96Mi' }, limits: { memory: '512Mi' } };
const etcd = { storage: { size: '256Mi' }, resources };

/** Two replicas on one member. */
export const small = { replicas: 2, resources, etcd: { ...etcd, members: 1 } };

/** Two replicas on three members. */
export const threeMembers = { ...small, etcd: { ...etcd, members: 3 } };

/** Of a KvStore that names none. */
export const serviceImage = `kvstore/service:${manifest.version}`;
