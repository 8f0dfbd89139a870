/**
 * From a hypernetwork output to the weights of a chunk of rows, and from a gradient in weights to that in the output.
 *
 * @module
 */
import type { Tensor, Tensor1D, Tensor2D } from "../../deps/tfjs.ts";
import type { HypernetworkOutput } from "../../networks/hypernetwork_output.ts";
import type { PartialGroupMaxSize } from "../../networks/groupmax_layout.ts";
import type { HypernetworkGradient } from "../kernels.ts";
import type { Commands } from "./dispatch.ts";
import { groupMaxLayout } from "../../networks/groupmax_layout.ts";
import { productShader, rowSumShader, SUM_THREADS, TILE } from "./product.ts";
import type { Shader } from "./shader.ts";

/** A chunk of rows: `count` rows from row `first` on. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/** The shaders that make weights, by the number of weights that go through softplus. */
const weightShaders = new Map<number, Shader>();
const productOfColumnsOfA = productShader({ transposedA: true });
const productOfColumnsOfB = productShader({ transposedB: true });

/** The fewest numbers of the inner dimension that a workgroup sums, where that dimension is cut into parts. */
const INNER_PART = 1024;
/** The most rows that are summed in one pass, and the number of parts that more rows are cut into. */
const ROWS_TO_SUM = 128, ROW_PARTS = 32;

const tiles = (count: number) => Math.ceil(count / TILE);

/** Chunks of the rows of `weight` `[H, P]`, each as large as can be bound. */
function* weightRows(commands: Commands, weight: Tensor2D): Generator<Rows> {
  const [H, P] = weight.shape, most = Math.max(1, Math.floor(commands.bindingBytes / (4 * P)));
  for (let first = 0; first < H; first += most) yield { first, count: Math.min(most, H - first) };
}

/**
 * Writes the weights of a chunk of rows, softplus included, to `prepared` `[count, P]`; `[1, P]` where one row serves
 * all.
 */
export function makeWeights(
  commands: Commands,
  size: PartialGroupMaxSize,
  { hidden, weight, bias }: HypernetworkOutput,
  { first, count }: Rows,
  prepared: Tensor,
): void {
  const P = bias.size, { positiveCount } = groupMaxLayout(size);
  let shader = weightShaders.get(positiveCount);
  if (!shader) weightShaders.set(positiveCount, shader = productShader({ positiveCount }));
  const common = { columns: P, bRow: P, resultsAt: 0, resultsRow: P };
  const results = commands.window(prepared), ofBias = commands.window(bias);
  if (!hidden || !weight) {
    const params = { ...common, rows: 1, inner: 0, innerPart: 0, aAt: 0, aRow: 0, bAt: 0, add: 0, last: 1 };
    commands.run(shader, { a: ofBias, b: ofBias, bias: ofBias, results }, params, [tiles(P), 1, 1]);
    return;
  }
  const H = hidden.shape[1], a = commands.window(hidden, first * H, count * H);
  for (const part of weightRows(commands, weight)) {
    const b = commands.window(weight, part.first * P, part.count * P);
    commands.run(shader, { a, b, bias: ofBias, results }, {
      ...common,
      rows: count,
      inner: part.count,
      innerPart: part.count,
      aAt: a.at + part.first,
      aRow: H,
      bAt: b.at,
      add: part.first > 0 ? 1 : 0,
      last: part.first + part.count === H ? 1 : 0,
    }, [tiles(P), tiles(count), 1]);
  }
}

/** Writes the sum of `count` rows of `size` numbers to `to` from `at` on, or adds it where `add` is true. */
function sumRows(
  commands: Commands,
  rows: Tensor,
  count: number,
  size: number,
  to: Tensor,
  at: number,
  add: boolean,
): void {
  const run = (from: Tensor, count: number, perPart: number, to: Tensor, at: number, add: boolean) => {
    const results = commands.window(to, at, Math.ceil(count / perPart) * size);
    const params = { count, size, perPart, resultsAt: results.at, add: add ? 1 : 0 };
    const groups = [Math.ceil(size / SUM_THREADS), Math.ceil(count / perPart)] as const;
    commands.run(rowSumShader, { rows: commands.window(from, 0, count * size), results }, params, groups);
  };
  if (count <= ROWS_TO_SUM) return run(rows, count, count, to, at, add);
  const perPart = Math.ceil(count / ROW_PARTS), parts = commands.temporary([ROW_PARTS, size]);
  run(rows, count, perPart, parts, 0, false);
  run(parts, Math.ceil(count / perPart), ROW_PARTS, to, at, add);
}

/**
 * Tensors for the gradient in a hypernetwork output, without values: {@linkcode addGradient} writes them chunk by
 * chunk.
 */
export function emptyGradient(commands: Commands, { hidden, weight, bias }: HypernetworkOutput): HypernetworkGradient {
  return {
    hidden: hidden && commands.tensor(hidden.shape) as Tensor2D,
    weight: weight && commands.tensor(weight.shape) as Tensor2D,
    bias: commands.tensor(bias.shape) as Tensor1D,
  };
}

/**
 * Adds a chunk's part to the gradient in a hypernetwork output: `weight += hidden^T raw`, `bias += sum raw`, and
 * `hidden = raw weight^T` for the rows of the chunk. The first chunk sets what the others add to.
 *
 * @param raw The chunk's gradient in raw weights `[rows, P]`. Where one row of weights serves all, its rows are parts
 * to sum.
 */
export function addGradient(
  commands: Commands,
  { hidden, weight, bias }: HypernetworkOutput,
  { first, count }: Rows,
  raw: Tensor,
  gradient: HypernetworkGradient,
): void {
  const P = bias.size, add = first > 0;
  sumRows(commands, raw, count, P, gradient.bias, 0, add);
  if (!hidden || !weight) return;
  const H = hidden.shape[1], ofHidden = commands.window(hidden, first * H, count * H), ofRaw = commands.window(raw);
  const to = commands.window(gradient.hidden!, first * H, count * H);
  for (const part of weightRows(commands, weight)) {
    const own = commands.window(gradient.weight!, part.first * P, part.count * P);
    commands.run(productOfColumnsOfA, { a: ofHidden, b: ofRaw, results: own }, {
      rows: part.count,
      columns: P,
      inner: count,
      innerPart: count,
      aAt: ofHidden.at + part.first,
      aRow: H,
      bAt: ofRaw.at,
      bRow: P,
      resultsAt: own.at,
      resultsRow: P,
      add: add ? 1 : 0,
      last: 1,
    }, [tiles(P), tiles(part.count), 1]);

    // P is much larger than H: workgroups sum over parts of P side by side, and the parts are added up in order.
    const b = commands.window(weight, part.first * P, part.count * P);
    const whole = part.count === H, innerPart = whole ? Math.max(INNER_PART, H) : P, parts = Math.ceil(P / innerPart);
    const partial = parts > 1 ? commands.temporary([parts, count, H]) : undefined;
    const results = partial ? commands.window(partial) : to;
    commands.run(productOfColumnsOfB, { a: ofRaw, b, results }, {
      rows: count,
      columns: part.count,
      inner: P,
      innerPart,
      aAt: ofRaw.at,
      aRow: P,
      bAt: b.at,
      bRow: P,
      resultsAt: results.at + (whole ? 0 : part.first),
      resultsRow: H,
      add: 0,
      last: 1,
    }, [tiles(part.count), tiles(count), parts]);
    if (partial) sumRows(commands, partial, parts, count * H, gradient.hidden!, first * H, false);
  }
}
