/**
 * The service as it ships, on a machine whose clocks are as `skewVariable` names a file that says so. The file is read
 * each time that a clock is read: a process that was paused finds what happened meanwhile. Timers are left alone.
 */
import { openSync, readSync } from 'node:fs';
import { decodeSkew, machineTime, monotonicAhead, type Skew, skewBytes, wallAhead } from './skew.ts';
import { skewVariable } from './skewed-clock.ts';

const { [skewVariable]: file = '' } = process.env;
delete process.env[skewVariable];
const fd = openSync(file, 'r');
const bytes = new Float64Array(skewBytes / 8);

function skew(): Skew {
  for (;;) {
    readSync(fd, bytes, 0, skewBytes, 0);
    const read = decodeSkew(bytes);
    if (read !== undefined) return read;
  }
}

const now = performance.now.bind(performance);
const wall = Date.now;
// A process begins with a monotonic clock of its own.
const first = monotonicAhead(skew(), machineTime());
let newest = 0;
Object.defineProperty(performance, 'now', {
  value: () => {
    newest = Math.max(newest, now() + monotonicAhead(skew(), machineTime()) - first);
    return newest;
  },
});
Date.now = () => Math.floor(wall() + wallAhead(skew(), machineTime()));

await import('../../service/src/main.ts');
