/**
 * Constants that TypeScript and AssemblyScript share: `deno task build-kernels` copies them to AssemblyScript.
 *
 * @module
 */

/**
 * The operations: values of f; slopes in x; the gradient in the weights; moves of chains; best responses; and a
 * training step, which moves chains and takes the gradient of the loss from them. Best responses have a job of their
 * own form.
 */
export const OPERATIONS = { value: 0, slope: 1, gradient: 2, chains: 3, responses: 4, step: 5 } as const;

/** The number of rows whose weights are made side by side in registers; the sizes of tiles are multiples of it. */
export const ROWS = 6;

/**
 * The numbers behind the outcome of a best response: payment, utility, certified gap, number of evaluations of f, and the
 * bound on rounding that is in the gap.
 */
export const RESULTS = 5;
