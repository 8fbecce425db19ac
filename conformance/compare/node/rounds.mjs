// Timing two sides in turns, so that whatever else the machine does falls on both.

/**
 * As long as one side is timed, in microseconds, before it is the other's turn, or one call if that takes longer: short
 * beside the time that other programs get in one go, so that most turns are undisturbed.
 */
const TURN = 100;

/** Times both in turns and prints the row, in microseconds per call. Either side may be asynchronous. */
export async function pair(group, row, rounds, ours, theirs) {
  const sides = [ours, theirs];
  const calls = [await callsPerTurn(ours, rounds), await callsPerTurn(theirs, rounds)];
  const times = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    await breath();
    for (const side of round % 2 === 0 ? [0, 1] : [1, 0]) times[side].push(await turn(sides[side], calls[side]));
  }
  show(group, row, ...times);
}

/** Times `ours` where there is nothing to compare it with, and prints the row. */
export async function alone(group, row, rounds, ours) {
  const calls = await callsPerTurn(ours, rounds);
  const times = [];
  for (let round = 0; round < rounds; round += 1) {
    await breath();
    times.push(await turn(ours, calls));
  }
  show(group, row, times);
}

export function show(group, row, ours, theirs = []) {
  console.log(JSON.stringify({ group, row, ours, theirs }));
}

/**
 * Lets the event loop turn once, as between two requests: what is over is cleared away then, and until then all of it is what
 * the garbage collector has to look through.
 */
function breath() {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Says why there is no row. */
export function skip(group, row, skipped) {
  console.log(JSON.stringify({ group, row, skipped }));
}

/** Microseconds per call. What is done at once is not awaited. */
async function turn(call, calls) {
  const started = performance.now();
  for (let made = 0; made < calls; made += 1) {
    const pending = call();
    if (pending instanceof Promise) await pending;
  }
  return ((performance.now() - started) * 1000) / calls;
}

/** How many calls fill a turn, by the best of a few of warm code. A smoke run, of a few rounds, makes one. */
async function callsPerTurn(call, rounds) {
  if (rounds <= 5) return 1;
  for (const warm = performance.now() + 300; performance.now() < warm; await breath()) await turn(call, 10);
  let best = Infinity;
  for (let tried = 0; tried < 20; tried += 1) best = Math.min(best, await turn(call, 5));
  return Math.max(1, Math.floor(TURN / best));
}
