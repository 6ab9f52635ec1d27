/** One scenario of the game day (checks/gameday), with its alert's wait cut to seconds. Needs Prometheus. */
import test from 'ava';
import { watchCluster } from '../checks/gameday/cluster-prometheus.ts';
import { play } from '../checks/gameday/play.ts';
import { secretBroken } from '../checks/gameday/scenarios/service.ts';
import { findBinary } from '../test-support/programs/binaries.ts';
import { installOperator } from './support/operator.ts';

const testWithPrometheus = findBinary('prometheus') === undefined ? test.skip : test;

test.before('install', installOperator);

testWithPrometheus(
  'replicas that cannot start: the alert fires, the dashboard is red, the runbook ends it',
  async (t) => {
    const longestWait = 10;
    const { prometheus, stop } = await watchCluster(longestWait);
    t.teardown(stop);
    const log = (line: string) => t.log(line);
    const measured = await play(secretBroken, { prometheus, longestWait, log, undo: new Set() });
    t.is(measured.wait, longestWait);
    t.true(measured.firedAfter >= longestWait);
    t.true(measured.failed > 0);
    t.true(
      measured.panels.some((panel) => panel.startsWith('Rollout: Replicas missing = 2')),
      measured.panels.join('\n'),
    );
  },
);
