/** Tests that need the cluster's node (on-node.ts); without KV_E2E_NODE they are skipped. */
import test from 'ava';
import { hasNode } from './on-node.ts';

export const testOnNode = hasNode ? test : test.skip;
