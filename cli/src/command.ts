/** What a command is to the program that puts them together. */
import type { Command } from 'commander';
import type { Context } from './io.ts';

/** Makes a commander action of what a command does. */
export type Run = <Arguments extends unknown[], Options extends object>(
  action: (context: Context, options: Options, ...args: Arguments) => Promise<void>,
) => (...args: unknown[]) => Promise<void>;

export type AddCommand = (program: Command, run: Run) => Command;
