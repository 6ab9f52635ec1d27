/** Texts that would be something else if they were put into a log or an exposition of metrics as they are. */

/** Every one names itself: wherever this stands by itself, somebody was fooled. */
export const forged = 'forged';

export const poisons: readonly string[] = [
  `\n{"level":60,"time":1,"pid":1,"msg":"${forged}"}`,
  `\r\n[12:00:00.000] FATAL (1): ${forged}`,
  `\u001b[2J\u001b[1;31m${forged}`,
  `\u009b31m${forged}`,
  `\0${forged}`,
  `"} 1\n${forged}_metric{a="b"} 1\n`,
  `","msg":"${forged}","a":"`,
  `{}%s%o%j${forged}`,
  `\u2028${forged}\u0085\u202e`,
];
