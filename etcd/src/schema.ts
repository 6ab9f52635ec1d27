/** The calls of etcd's API, as etcd.proto describes them. */
import { fileURLToPath } from 'node:url';
import type { MethodDefinition, ServiceDefinition } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import protobuf from 'protobufjs';

export type ServiceName = 'KV' | 'Watch' | 'Lease' | 'Cluster' | 'Maintenance' | 'Auth';

/** A call's path, and how its request and its response become bytes and objects again. */
export type Method = MethodDefinition<object, unknown>;

const schema = new protobuf.Root().loadSync(fileURLToPath(new URL('etcd.proto', import.meta.url)), { keepCase: true });
/** Responses lack no field; 64-bit numbers and enums are texts. */
const definition = fromJSON(schema.toJSON(), { longs: String, enums: String, defaults: true });

/** By service and name, such as `KV.range`. */
const methods: ReadonlyMap<string, Method> = new Map(
  Object.entries(definition).flatMap(([type, service]) => {
    if ('format' in service) return [];
    const name = type.replace('etcdserverpb.', '');
    return Object.values(service as ServiceDefinition).map((method) => {
      return [`${name}.${method.originalName}`, method] as const;
    });
  }),
);

/**
 * @param name etcd's own with a small first letter, such as `leaseGrant`
 * @throws Error when etcd.proto does not have it
 */
export function methodOf(service: ServiceName, name: string): Method {
  const method = methods.get(`${service}.${name}`);
  if (method === undefined) throw new Error(`etcd.proto has no ${service}.${name}.`);
  return method;
}

/**
 * A message for calls that are frequent: it decodes without the conversions of `methodOf`, which take most of the time.
 * 64-bit numbers are Longs and enums numbers, and a field that was not sent has its default by the prototype.
 * @throws Error when etcd.proto does not have it
 */
export function messageType(name: string): protobuf.Type {
  return schema.lookupType(`etcdserverpb.${name}`);
}
