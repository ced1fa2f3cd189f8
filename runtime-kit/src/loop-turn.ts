let turn = 0;
let isCounted = false;

/**
 * The number of this turn of the event loop. What was looked up in it need not be looked up again for the other requests
 * that came in the same one.
 */
export function loopTurn(): number {
  if (!isCounted) {
    isCounted = true;
    setImmediate(endTurn);
  }
  return turn;
}

function endTurn(): void {
  isCounted = false;
  turn += 1;
}
