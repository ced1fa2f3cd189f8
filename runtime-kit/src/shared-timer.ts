import { PlacedSet, type Placed } from './placed-set.js';

/** Something whose time runs out, unless it is done before, as nearly all is. */
export interface Timed extends Placed {
  /** When its time is over, in milliseconds of `performance.now()`. It stays the same while it waits. */
  readonly due: number;
  /** Called once, when it is. */
  onDue(): void;
}

/** A timer of Node may run out this much too early, in milliseconds, since it counts whole ones. */
const EARLY_MS = 1;

const waiting = new PlacedSet<Timed>();
let timer: NodeJS.Timeout | undefined;
let timerDue = Infinity;

/**
 * Waits until its time is over. All share one timer of Node, which is set for the first of them: that one and its place
 * in a list cost a request more than what is done here. It does not keep the process alive.
 */
export function startTimed(timed: Timed): void {
  waiting.add(timed);
  if (timed.due < timerDue) setTimer(timed.due);
}

/** Waits no longer; nothing if it does not wait. The timer is left: others come. */
export function stopTimed(timed: Timed): void {
  waiting.delete(timed);
}

function setTimer(due: number): void {
  clearTimeout(timer);
  timerDue = due;
  timer = setTimeout(tellDue, Math.max(1, Math.ceil(due - performance.now()))).unref();
}

function tellDue(): void {
  timerDue = Infinity;
  const soon = performance.now() + EARLY_MS;
  const due: Timed[] = [];
  let next = Infinity;
  for (const timed of waiting.values()) {
    if (timed.due <= soon) due.push(timed);
    else next = Math.min(next, timed.due);
  }
  for (const timed of due) waiting.delete(timed);
  if (next < Infinity) setTimer(next);
  for (const timed of due) timed.onDue();
}
