/** A log that fails in every way that one can: nothing throws or waits, lines are counted, and the log comes back. */
import test from 'ava';
import { LogOutput, mostWaiting } from '../src/log-output.ts';

/** A file, a terminal or a pipe that takes what it is told to take. */
function start() {
  const state = { text: '', dropped: 0, fails: undefined as string | undefined, room: Number.POSITIVE_INFINITY };
  const timers: (() => void)[] = [];
  const output = new LogOutput({
    write(_, bytes, offset) {
      const taken = bytes.subarray(offset, offset + state.room);
      state.room -= taken.length;
      if (taken.length > 0) {
        state.text += Buffer.from(taken).toString();
        return taken.length;
      }
      throw Object.assign(new Error('no'), { code: state.fails ?? 'EAGAIN' });
    },
    onDropped(lines) {
      state.dropped += lines;
    },
    note: (dropped) => `dropped ${dropped}\n`,
    later: (callback) => void timers.push(callback),
  });
  const tick = () => {
    for (const callback of timers.splice(0)) callback();
  };
  return { state, output, tick };
}

for (const code of ['ENOSPC', 'EIO', 'EPIPE', 'EBADF']) {
  test(`${code}: lines are dropped and counted; one line says how many when it can`, (t) => {
    const { state, output } = start();
    output.write('first\n');
    state.fails = code;
    state.room = 0;
    for (let i = 0; i < 1000; i++) output.write(`lost ${i}\n`);
    t.is(state.dropped, 1000);
    t.is(output.waiting, 0);
    state.room = Number.POSITIVE_INFINITY;
    output.write('back\n');
    output.write('more\n');
    t.is(state.text, 'first\ndropped 1000\nback\nmore\n');
    t.is(state.dropped, 1000);
  });
}

test('a disk that is full in the middle of a line: what comes later is not taken for its end', (t) => {
  const { state, output } = start();
  state.fails = 'ENOSPC';
  state.room = 3;
  output.write('torn line\n');
  output.write('lost\n');
  state.room = Number.POSITIVE_INFINITY;
  output.write('back\n');
  t.is(state.text, 'tor\ndropped 2\nback\n');
  t.is(state.dropped, 2);
});

test('a note that fails is made again, with what was lost meanwhile', (t) => {
  const { state, output } = start();
  state.fails = 'ENOSPC';
  state.room = 0;
  output.write('lost\n');
  state.room = 4;
  output.write('lost too\n');
  state.room = Number.POSITIVE_INFINITY;
  output.write('back\n');
  t.is(state.text, 'drop\ndropped 2\nback\n');
});

test('a pipe whose reader stalls: lines wait, within bounds, and come in order once it reads again', (t) => {
  const { state, output, tick } = start();
  state.room = 5;
  const line = `${'x'.repeat(99)}\n`;
  for (let i = 0; i < 20_000; i++) output.write(line);
  t.true(output.waiting <= mostWaiting);
  t.is(state.dropped, 20_000 - Math.floor((mostWaiting + 5) / 100));
  tick();
  t.is(state.text.length, 5, 'nothing is taken yet');
  for (let i = 0; i < 10; i++) {
    state.room = 200_000;
    tick();
  }
  t.is(output.waiting, 0);
  state.room = Number.POSITIVE_INFINITY;
  output.write('end\n');
  const lines = state.text.split('\n');
  t.is(lines.filter((each) => `${each}\n` === line).length, 20_000 - state.dropped);
  t.deepEqual(lines.slice(-3), [`dropped ${state.dropped}`, 'end', '']);
});

test('a stalled reader that leaves: what waited is counted', (t) => {
  const { state, output, tick } = start();
  state.room = 0;
  for (let i = 0; i < 10; i++) output.write(`line ${i}\n`);
  state.fails = 'EPIPE';
  tick();
  t.is(state.dropped, 10);
  t.is(output.waiting, 0);
});

test('flush ends when all is written, and has an end when nothing is', async (t) => {
  const { state, output } = start();
  state.room = 0;
  output.write('line\n');
  await output.flush(1);
  t.is(output.waiting, 5);
  state.room = Number.POSITIVE_INFINITY;
  await output.flush(60_000);
  t.is(state.text, 'line\n');
});
