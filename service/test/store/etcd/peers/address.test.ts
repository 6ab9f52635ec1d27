import { hostname } from 'node:os';
import test from 'ava';
import { addressFor, parsePeerAddress } from '../../../../src/store/etcd/peers/address.ts';

for (const [address, host, port] of [
  ['10.0.0.7:9443', '10.0.0.7', 9443],
  ['[fd00::7]:9443', 'fd00::7', 9443],
  ['[FD00:0::7]:443', 'fd00::7', 443],
  ['Store-0.peers:1', 'Store-0.peers', 1],
] as const) {
  test(`an address: ${address}`, (t) => t.deepEqual(parsePeerAddress(address), { host, port }));
}

for (const address of [
  '',
  '10.0.0.7',
  'a:0',
  'a:65536',
  'a:b',
  'a:1/x',
  'u@a:1',
  'a:1?b',
  'a b:1',
  'fd00::7',
  '%00:1',
  ':1',
]) {
  test(`no address: '${address}'`, (t) => t.is(parsePeerAddress(address), undefined));
}

for (const [host, address] of [
  ['10.0.0.7', '10.0.0.7:9443'],
  ['fd00::7', '[fd00::7]:9443'],
  ['[fd00::7]', '[fd00::7]:9443'],
  ['store-0.peers', 'store-0.peers:9443'],
  ['proxy:10443', 'proxy:10443'],
  ['[fd00::7]:10443', '[fd00::7]:10443'],
  ['', `${hostname()}:9443`],
  [undefined, `${hostname()}:9443`],
] as const) {
  test(`${host ?? 'no host'} becomes ${address}`, (t) => t.is(addressFor(host, 9443), address));
}
