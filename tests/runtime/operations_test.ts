/** What tfjs computes on each backend, against plain loops in float64. */
import { assert, assertEquals } from "@std/assert";
import { type Tensor, tf } from "../../src/deps/tfjs.ts";
import { forEachDevice } from "../devices.ts";

/** Numbers in [-1, 1) from a linear congruential generator: the same in every run. */
function numbers(count: number, seed: number): Float32Array {
  let state = seed;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** Fails unless all values agree within `tolerance` of the largest expected magnitude (at least 1). */
async function assertClose(actual: Tensor, shape: number[], expected: ArrayLike<number>, tolerance: number) {
  assertEquals(actual.shape, shape);
  const values = await actual.data();
  assertEquals(values.length, expected.length);
  let scale = 1, worst = 0;
  for (let i = 0; i < expected.length; i++) {
    scale = Math.max(scale, Math.abs(expected[i]));
    const error = Math.abs(values[i] - expected[i]);
    if (!(error <= worst)) worst = error; // also true for NaN
  }
  assert(worst <= tolerance * scale, `worst error ${worst}, allowed ${tolerance * scale}`);
}

interface Product {
  readonly batch: number;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
}

/** `[batch, m, k] x [batch, k, n]`, either side stored transposed, by three loops. */
function multiply(a: Float32Array, b: Float32Array, { batch, m, k, n, transposeA, transposeB }: Product): Float64Array {
  const out = new Float64Array(batch * m * n);
  for (let s = 0; s < batch; s++) {
    for (let i = 0; i < m; i++) {
      for (let l = 0; l < k; l++) {
        const x = a[s * m * k + (transposeA ? l * m + i : i * k + l)];
        for (let j = 0; j < n; j++) {
          out[(s * m + i) * n + j] += x * b[s * k * n + (transposeB ? j * k + l : l * n + j)];
        }
      }
    }
  }
  return out;
}

const PRODUCTS: readonly Product[] = [
  // The first two take a program of tfjs that is silently wrong, unless the device forbids it.
  { batch: 1, m: 16, k: 2048, n: 12, transposeB: true },
  { batch: 1, m: 16, k: 2048, n: 12, transposeA: true, transposeB: true },
  { batch: 1, m: 17, k: 2049, n: 13, transposeB: true },
  { batch: 1, m: 11, k: 4096, n: 32, transposeA: true },
  { batch: 1, m: 4096, k: 11, n: 32 },
  { batch: 1, m: 192, k: 64, n: 700 },
  { batch: 384, m: 16, k: 11, n: 32 },
  { batch: 384, m: 16, k: 32, n: 11, transposeB: true },
  { batch: 5, m: 3, k: 7, n: 2, transposeA: true },
  { batch: 1, m: 1, k: 1, n: 1 },
];

for (const product of PRODUCTS) {
  const { batch, m, k, n, transposeA = false, transposeB = false } = product;
  const name = `matMul ${batch} x [${m}, ${k}]${transposeA ? "^T" : ""} [${k}, ${n}]${transposeB ? "^T" : ""}`;
  forEachDevice(name, async () => {
    const a = numbers(batch * m * k, 1), b = numbers(batch * k * n, 2);
    const left = tf.tensor(a, [batch, ...(transposeA ? [k, m] : [m, k])]);
    const right = tf.tensor(b, [batch, ...(transposeB ? [n, k] : [k, n])]);
    await assertClose(tf.matMul(left, right, transposeA, transposeB), [batch, m, n], multiply(a, b, product), 1e-5);
    if (batch === 1) { // tensors of two axes go the same way
      const flat = tf.matMul(left.squeeze([0]), right.squeeze([0]), transposeA, transposeB);
      await assertClose(flat, [m, n], multiply(a, b, product), 1e-5);
    }
  });
}

/** The operations that act on each element, and what they are. */
const ELEMENTWISE: Readonly<Record<string, readonly [(x: Tensor) => Tensor, (x: number) => number]>> = {
  softplus: [(x) => tf.softplus(x), (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
  relu: [(x) => tf.relu(x), (x) => Math.max(x, 0)],
  step: [(x) => tf.step(x), (x) => x > 0 ? 1 : 0],
};

for (const [name, [operation, scalar]] of Object.entries(ELEMENTWISE)) {
  forEachDevice(`${name} from -30 to 30`, async () => {
    const x = numbers(3 * 1001, 3).map((value) => 30 * value);
    x[0] = 0;
    await assertClose(operation(tf.tensor(x, [3, 1001])), [3, 1001], Array.from(x, scalar), 1e-5);
  });
}

forEachDevice("max and sum along each axis and over all", async () => {
  const [rows, columns] = [37, 61];
  const x = numbers(rows * columns, 4);
  const t = tf.tensor(x, [rows, columns]);
  const row = (i: number) => Array.from(x.subarray(i * columns, (i + 1) * columns));
  const column = (j: number) => Array.from({ length: rows }, (_, i) => x[i * columns + j]);
  const add = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
  const byRow = Array.from({ length: rows }, (_, i) => row(i));
  const byColumn = Array.from({ length: columns }, (_, j) => column(j));
  await assertClose(t.max(1), [rows], byRow.map((values) => Math.max(...values)), 0);
  await assertClose(t.max(0), [columns], byColumn.map((values) => Math.max(...values)), 0);
  await assertClose(t.max(), [], [Math.max(...x)], 0);
  await assertClose(t.sum(1), [rows], byRow.map(add), 1e-5);
  await assertClose(t.sum(0), [columns], byColumn.map(add), 1e-5);
  await assertClose(t.sum(), [], [add(Array.from(x))], 1e-5);
});
