/**
 * Validation of fused kernels in any run, by comparison with the reference kernels.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import { MachineError } from "../errors.ts";
import type { PriceKernels } from "./kernels.ts";

/**
 * The share of a result's numbers that may differ. Where two elements of a group are almost equal, rounding decides
 * which one wins; slopes differ there, and chains that pass by end elsewhere.
 */
const SHARE = 0.02;
/** The norm of a gradient's difference is at most this part of the gradient's norm. */
const NORM = 5e-3;
/** Numbers differ where their difference is larger than this part of the result's largest number. */
const TOLERANCE = 1e-3;

/**
 * Kernels that compute everything twice, with `kernels` and with `reference`, return the first result, and compare the
 * two.
 *
 * All numbers of values must agree, since f is continuous; of slopes, chains and gradients 98% must, and gradients must
 * agree in norm. The device may still be computing when an operation returns, so that {@linkcode PriceKernels.settle}
 * waits for the comparisons, and throws.
 */
export function validated(kernels: PriceKernels, reference: PriceKernels): PriceKernels {
  let waiting: Promise<void>[] = [];
  /** Starts to compare two results, and disposes of the second. */
  const same = (what: string, share: number, fused: object, plain: object): void => {
    const expected = new Map(tensorsOf(plain));
    for (const [name, tensor] of tensorsOf(fused)) {
      waiting.push(compare(`${name}${what}`, tensor, expected.get(name)!, share));
    }
    tf.dispose([...expected.values()]);
  };
  /** Runs `operation` with both kernels, starts to compare the results, and returns that of the fused kernels. */
  const both = <T extends object>(what: string, share: number, operation: (kernels: PriceKernels) => T): T => {
    const fused = operation(kernels);
    same(what, share, fused, operation(reference));
    return fused;
  };
  return {
    value: (...inputs) => both("value", 0, (kernels) => kernels.value(...inputs)),
    slope: (...inputs) => both("slope", SHARE, (kernels) => kernels.slope(...inputs)),
    gradient: (...inputs) => both("gradient", SHARE, (kernels) => kernels.gradient(...inputs)),
    moveChains: (...inputs) => both("moveChains", SHARE, (kernels) => kernels.moveChains(...inputs)),
    // Only the chains of the fused step are compared here. Its caller knows the loss, and has the gradient compared by
    // `validate`.
    goodsStep: kernels.goodsStep && ((hypernetwork, types, start, options, key, objective) => {
      const step = kernels.goodsStep!(hypernetwork, types, start, options, key, objective);
      if (step) same("moveChains", SHARE, step.moved, reference.moveChains(hypernetwork, types, start, options, key));
      return step;
    }),
    validate: (name, result, make) => same(name, SHARE, result, make(reference)),
    memory(...shape) {
      const a = kernels.memory(...shape), b = reference.memory(...shape);
      return { total: a.total + b.total, largest: Math.max(a.largest, b.largest) };
    },
    async settle() {
      const now = waiting;
      waiting = [];
      for (const result of await Promise.allSettled(now)) if (result.status === "rejected") throw result.reason;
    },
  };
}

/** The tensors in a result, each with its name for messages. */
function tensorsOf(result: object, within = ""): [string, Tensor][] {
  if (result instanceof tf.Tensor) return [[within, result]];
  return Object.entries(result).flatMap(([name, part]) => part ? tensorsOf(part, `${name} of ${within}`) : []);
}

/**
 * Compares two tensors, number by number and by the norm of their difference.
 *
 * @throws {MachineError} if the shapes differ, more than `share` of the numbers do, or, for a gradient, the norm does.
 */
async function compare(what: string, fused: Tensor, plain: Tensor, share: number): Promise<void> {
  const size = plain.size, shapes = [fused, plain].map(({ shape }) => `[${shape}]`);
  const rule = `Cannot go on: with TEDI_VALIDATE=1, ${what} must be what plain TensorFlow.js makes of it, but`;
  if (shapes[0] !== shapes[1]) throw new MachineError(`${rule} its shape is ${shapes[0]} instead of ${shapes[1]}`);
  // Kept, as operations may run within a tidy that ends before the numbers have been read.
  const found = tf.keep(tf.tidy(() => {
    const scale = tf.maximum(tf.max(tf.abs(plain)), 1e-30), difference = tf.div(tf.sub(fused, plain), scale);
    const far = tf.abs(difference);
    // NaN fails this comparison, so that it counts as a difference.
    const same = tf.sum(tf.cast(tf.lessEqual(far, TOLERANCE), "float32"));
    const norm = (of: Tensor) => tf.sqrt(tf.sum(tf.square(of)));
    return tf.stack([same, tf.max(far), tf.div(norm(difference), tf.maximum(norm(tf.div(plain, scale)), 1e-30))]);
  }));
  const [same, worst, apart] = await found.data();
  found.dispose();
  const off = size - same;
  // A few chains may end far from where the reference's do, so that only gradients, sums over all points, are held to a
  // norm.
  if (off <= Math.ceil(share * size) && (!/gradient/.test(what) || apart <= NORM)) return;
  throw new MachineError(
    `${rule} ${off} of ${size} numbers differ, by up to ${worst.toExponential(1)} of the largest one, ` +
      `and the norm of the difference is ${apart.toExponential(1)} of the whole`,
  );
}
