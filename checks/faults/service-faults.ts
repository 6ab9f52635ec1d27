/** Faults of service processes, the same in both modes. */
import { setTimeout as sleep } from 'node:timers/promises';
import { pick } from '../../test-support/seeded-random.ts';
import type { Faults } from './fault.ts';
import type { ServiceUnit } from './service-unit.ts';
import { slowDisk } from './slow-disk.ts';

/** A minute, an hour, ten days: within and beyond every time-out there is. */
const jumps = [-864_000, -3600, -60, 60, 3600, 864_000];

export function serviceFaults(units: readonly ServiceUnit[]): Faults {
  return {
    'service killed': {
      subject: 'service',
      run: async (random, milliseconds) => {
        const unit = pick(units, random);
        await unit.process.kill();
        await sleep(milliseconds);
        await unit.start();
      },
    },
    'service killed again and again': {
      subject: 'service',
      run: async (random) => {
        const unit = pick(units, random);
        for (let i = 0; i < 3; i++) {
          await unit.process.kill();
          await unit.start();
          await sleep(random() * 200);
        }
      },
    },
    'service paused': {
      subject: 'service',
      run: async (random, milliseconds) => {
        const { process } = pick(units, random);
        process.pause();
        await sleep(milliseconds);
        process.continue();
      },
    },
    'services restarted in turn': {
      subject: 'service',
      run: async () => {
        for (const unit of units) {
          await unit.process.terminate();
          await unit.start();
          await unit.ready();
        }
      },
    },
    'clients cut off': {
      subject: 'clients',
      run: async (random, milliseconds) => {
        const { proxy } = pick(units, random);
        proxy.stall();
        await sleep(milliseconds);
        proxy.resume();
      },
    },
    'answers to clients held back, then cut': {
      subject: 'clients',
      run: async (random, milliseconds) => {
        const { proxy } = pick(units, random);
        proxy.stall({ requests: false, answers: true });
        await sleep(milliseconds);
        proxy.cut();
        proxy.resume();
      },
    },
  };
}

/** For machines where disks can be small. */
export function fullDiskFaults(units: readonly ServiceUnit[]): Faults {
  return {
    'disk full': {
      subject: 'service',
      run: async (random, milliseconds) => {
        const { disk } = pick(units, random);
        disk?.fill(random() * 8192);
        await sleep(milliseconds);
        disk?.free();
      },
    },
    'disk full, service killed': {
      subject: 'service',
      run: async (random, milliseconds) => {
        const unit = pick(units, random);
        unit.disk?.fill(random() * 8192);
        await sleep(milliseconds / 2);
        await unit.process.kill();
        await unit.start();
        await sleep(milliseconds / 2);
        unit.disk?.free();
      },
    },
  };
}

/** For machines where a process can be followed. */
export function slowDiskFaults(units: readonly ServiceUnit[]): Faults {
  return {
    'disk slow': {
      subject: 'service',
      run: async (random, milliseconds) => {
        const mend = await slowDisk(pick(units, random).process.pid, 20 + random() * 200);
        await sleep(milliseconds);
        await mend();
      },
    },
  };
}

export function clockFaults(units: readonly ServiceUnit[]): Faults {
  return {
    'clock jumps and comes back': {
      subject: 'service',
      run: async (random, milliseconds) => {
        const { clock } = pick(units, random);
        clock.jump(pick(jumps, random));
        await sleep(milliseconds);
        clock.jump(0);
      },
    },
    'service restarted at another time': {
      subject: 'service',
      run: async (random, milliseconds) => {
        const unit = pick(units, random);
        unit.clock.jump(pick(jumps, random));
        await unit.process.kill();
        await unit.start();
        await sleep(milliseconds);
        unit.clock.jump(0);
      },
    },
  };
}
