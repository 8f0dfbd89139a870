/**
 * Numbers that both sides of the WASM kernels go by: AssemblyScript takes them from here when the kernels are built.
 *
 * @module
 */

/**
 * What a job asks for: f; its slopes; its gradient in the weights; chains moved; best responses; a training step, which is
 * chains moved, and then the gradient of the loss from them. Best responses have a job of their own form.
 */
export const OPERATIONS = { value: 0, slope: 1, gradient: 2, chains: 3, responses: 4, step: 5 } as const;

/** Rows whose weights are made side by side in registers; tiles are multiples of it. */
export const ROWS = 6;

/** Numbers behind the outcome of a best response: payment, utility, gap, and how often f was evaluated. */
export const RESULTS = 4;
