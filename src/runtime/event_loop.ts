/**
 * Long work and the event loop.
 *
 * @module
 */

/** Lets the event loop turn once. On WASM nothing else does during long work, and signals and timers wait for it. */
export function letEventsIn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}
