/**
 * Live comparison of fused kernels with plain TensorFlow.js.
 *
 * @module
 */
import { type Tensor, tf } from "../deps/tfjs.ts";
import { MachineError } from "../errors.ts";
import type { PriceKernels } from "./kernels.ts";

/**
 * How much of a result may differ: rounding can make another element win a group where two are almost equal, which
 * changes a slope there, and parts chains that pass by.
 */
const SHARE = 0.02;
/** Gradients differ by this part of their norm at most. */
const NORM = 5e-3;
/** Differences up to this part of the largest number are rounding. */
const TOLERANCE = 1e-3;

/**
 * Kernels that compute everything twice, and fail where the two differ.
 *
 * Values are continuous at kinks, so that all of their numbers must agree; of slopes, chains and gradients 98% must, and
 * gradients as a whole. The comparison is done when the device has both results: by {@linkcode PriceKernels.settle}.
 */
export function validated(kernels: PriceKernels, reference: PriceKernels): PriceKernels {
  let waiting: Promise<void>[] = [];
  /** Has two results compared, and frees the second. */
  const same = (what: string, share: number, fused: object, plain: object): void => {
    const expected = new Map(tensorsOf(plain));
    for (const [name, tensor] of tensorsOf(fused)) {
      waiting.push(compare(`${name}${what}`, tensor, expected.get(name)!, share));
    }
    tf.dispose([...expected.values()]);
  };
  /** Runs `operation` with both, has them compared, and gives the fused kernels' result. */
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
    // Of the fused step the chains are compared here; its gradient is by those who know what it is of, by `validate`.
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

/** The tensors in a result, and what to call each of them. */
function tensorsOf(result: object, within = ""): [string, Tensor][] {
  if (result instanceof tf.Tensor) return [[within, result]];
  return Object.entries(result).flatMap(([name, part]) => part ? tensorsOf(part, `${name} of ${within}`) : []);
}

/**
 * Compares number by number, and the difference as a whole.
 *
 * @throws {MachineError} if the shapes differ, more than a share of the numbers do, or the whole does by its norm.
 */
async function compare(what: string, fused: Tensor, plain: Tensor, share: number): Promise<void> {
  const size = plain.size, shapes = [fused, plain].map(({ shape }) => `[${shape}]`);
  const rule = `Cannot go on: with TEDI_VALIDATE=1, ${what} must be what plain TensorFlow.js makes of it, but`;
  if (shapes[0] !== shapes[1]) throw new MachineError(`${rule} its shape is ${shapes[0]} instead of ${shapes[1]}`);
  const found = tf.tidy(() => {
    const scale = tf.maximum(tf.max(tf.abs(plain)), 1e-30), difference = tf.div(tf.sub(fused, plain), scale);
    const far = tf.abs(difference);
    // What is not a number fails this comparison, so that it counts.
    const same = tf.sum(tf.cast(tf.lessEqual(far, TOLERANCE), "float32"));
    const norm = (of: Tensor) => tf.sqrt(tf.sum(tf.square(of)));
    return tf.stack([same, tf.max(far), tf.div(norm(difference), tf.maximum(norm(tf.div(plain, scale)), 1e-30))]);
  });
  const [same, worst, apart] = await found.data();
  found.dispose();
  const off = size - same;
  // Chains that part are far apart, and there are few of them; a gradient is a sum over all.
  if (off <= Math.ceil(share * size) && (!/gradient/.test(what) || apart <= NORM)) return;
  throw new MachineError(
    `${rule} ${off} of ${size} numbers differ, the most by ${
      worst.toExponential(1)
    } of the largest one, and the whole ` +
      `by ${apart.toExponential(1)}`,
  );
}
