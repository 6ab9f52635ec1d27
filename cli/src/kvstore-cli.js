#!/usr/bin/env node
/** What a user runs: the compile cache is chosen before anything that it is for is loaded. */
import { useCompileCache } from './compile-cache.js';

useCompileCache();
await import('./main.ts');
