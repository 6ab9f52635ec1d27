import type { World } from './world.ts';

export interface Step {
  readonly label: () => string;
  readonly world: World;
  /** The step comes by itself: no client, operator or fault is needed for it. A stalled write must end by such steps. */
  readonly isDue: boolean;
}
