/**
 * Memory of a test file's thread, in bytes: of the process there is more, where other files are tested beside it.
 *
 * @module
 */

/** The heap, and arrays outside of it. */
export function threadMemory(): number {
  const { heapTotal, external } = Deno.memoryUsage();
  return heapTotal + external;
}
