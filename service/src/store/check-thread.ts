/** A thread (see data-check.ts): says what is wrong with the data file of a directory, or null. */
import { parentPort, workerData } from 'node:worker_threads';
import { checkDataFile } from './data-file.ts';

parentPort?.postMessage(faultOf(String(workerData)));

function faultOf(directory: string): string | null {
  try {
    checkDataFile(directory);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
