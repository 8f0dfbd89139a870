/**
 * Where the chains of new profiles begin, by name.
 *
 * @module
 */

/**
 * Where the chains of new profiles begin: at certified `best-responses` to perturbed types, which the host computes
 * (chains.ts); at `annealed` points, which the device finds (annealed_points.ts); or `by-device`, annealed on a GPU,
 * since the host would wait for it in every iteration, and best responses elsewhere.
 */
export type NewChains = "by-device" | "best-responses" | "annealed";

/** The names, the default first. */
export const newChainNames: readonly NewChains[] = ["by-device", "best-responses", "annealed"];
