import test from 'ava';
import { canLeave, type MemberSeat } from '../../src/etcd/plan/situation.ts';

const seats = (...healthy: boolean[]): MemberSeat[] =>
  healthy.map((ready, ordinal) => ({
    ordinal,
    ready,
    answers: ready,
    member: { id: String(ordinal), name: '', peerURLs: [], clientURLs: [], isLearner: false },
  }));

const cases: readonly [title: string, healthy: boolean[], can: boolean][] = [
  ['one of five', [true, true, true, true, true], true],
  ['an absent one of three', [true, true, false], true],
  ['a healthy one of three while another is absent', [true, false, true], false],
  ['one of two healthy ones', [true, true], true],
  ['an absent one of two: the change could not be agreed to', [true, false], false],
];
for (const [title, healthy, can] of cases) {
  test(`${can ? 'can' : 'cannot'} leave: ${title}`, (t) => {
    const members = seats(...healthy);
    const last = members.at(-1);
    t.is(last !== undefined && canLeave(members, last), can);
  });
}
