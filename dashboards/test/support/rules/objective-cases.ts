/** Cases of the burn rates. */
import { type InputSeries, of, owner, pod, type RuleCase, requestCount } from './series.ts';

/** 1000 requests a step, of which so many are bad. */
function requests(route: string, badPerMille: number, steps: number): InputSeries {
  return {
    [requestCount(route, '200')]: `0+${1000 - badPerMille}x${steps}`,
    [requestCount(route, '503')]: `0+${badPerMille}x${steps}`,
  };
}

function slowRequests(slowPerMille: number, steps: number): InputSeries {
  const labels = { ...pod, http_route: '/get/{key}', http_response_status_code: '200' };
  const bucket = (le: string) => of('http_server_request_duration_seconds_bucket', { ...labels, le });
  return {
    [bucket('0.1')]: `0+${1000 - slowPerMille}x${steps}`,
    [bucket('+Inf')]: `0+1000x${steps}`,
    [of('http_server_request_duration_seconds_count', labels)]: `0+1000x${steps}`,
  };
}

/** Bad for 30 steps, then well again: the short window ends the alert. */
const over = (steps: number): InputSeries => ({
  [requestCount('/set', '200')]: `0+900x30 27000+1000x${steps}`,
  [requestCount('/set', '503')]: `0+100x30 3000x${steps}`,
});

function availability(badPerMille: number, well: number, steps: number, step: number, shown: string): RuleCase {
  return {
    firing: requests('/set', badPerMille, steps),
    labels: owner,
    shown: [shown],
    quiet: {
      'fewer errors than the budget gives': requests('/set', well, steps),
      'no error has a series yet': { [requestCount('/set', '200')]: `0+1000x${steps}` },
      'the errors are over': over(steps),
      'not ready during a rollout': requests('/readyz', 1000, steps),
      'unknown paths': { [requestCount('', '404')]: `0+1000x${steps}` },
      'clients of another version of HTTP': { [requestCount('', '505')]: `0+1000x${steps}` },
      'one error of an idle store': {
        [requestCount('/set', '200')]: `1x${steps}`,
        [requestCount('/set', '503')]: `0x${steps - 5} 1x5`,
      },
      'one error of a young store': {
        [requestCount('/set', '200')]: `_x${steps - 20} 0+2x19`,
        [requestCount('/set', '503')]: `_x${steps - 20} 1 2x18`,
      },
      'the store was deleted': { [requestCount('/set', '503')]: `0+1000x30 stale` },
    },
    at: steps,
    step,
  };
}

function latency(slowPerMille: number, well: number, steps: number, step: number, shown: string): RuleCase {
  return {
    firing: slowRequests(slowPerMille, steps),
    labels: owner,
    shown: [shown],
    quiet: {
      'fewer slow requests than the budget gives': slowRequests(well, steps),
      'no traffic': slowRequests(0, 0),
    },
    at: steps,
    step,
  };
}

/** Every second request is refused before its route is known. */
export const shedByAdmission: InputSeries = {
  [requestCount('/set', '200')]: '0+500x90',
  [requestCount('', '503')]: '0+500x90',
};

export const objectiveCases: Readonly<Record<string, RuleCase>> = {
  KvStoreAvailabilityBurnFast: availability(20, 10, 90, 1, '2%'),
  KvStoreAvailabilityBurnMedium: availability(10, 5, 420, 1, '1%'),
  KvStoreAvailabilityBurnSlow: availability(2, 0, 400, 2, '0.2%'),
  KvStoreLatencyBurnFast: latency(200, 100, 90, 1, '20%'),
  KvStoreLatencyBurnMedium: latency(100, 50, 420, 1, '10%'),
  KvStoreLatencyBurnSlow: latency(20, 5, 400, 2, '2%'),
};
