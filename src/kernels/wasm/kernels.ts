/**
 * The kernels in WASM: fused, vectorised, on all threads. Raw weights exist for twelve rows at a time on each thread.
 *
 * Results do not depend on the number of threads.
 *
 * @module
 */
import { type Tensor, type Tensor3D, tf } from "../../deps/tfjs.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import type { WeightSource } from "../../networks/parameterized_affine.ts";
import { deriveKey, type RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import { HEAP, type Threads } from "../../runtime/threads.ts";
import { DRAWS } from "../../sampling/line_moves.ts";
import { constantStepSize, moveBlocks, type MoveOptions } from "../../sampling/move_chains.ts";
import type { MovedChains, PriceKernels, SourceGradient } from "../kernels.ts";
import { Arena, type Place } from "./arena.ts";
import { packBias, packedLayout, packWeight, padTo, unpackBias, unpackWeight } from "./layout.ts";
import { type KernelExports, kernelThreads } from "./module.ts";

/** The operations of assembly/index.ts. */
const OPERATIONS = { value: 0, slope: 1, gradient: 2, chains: 3 } as const;
/** Rows whose weights are made together. */
const TILE = 12;
/** Rows of one task where one row of weights serves all; sums are made task by task, so it must not depend on the threads. */
const ROWS_PER_TASK = 4;
/** Bytes of one of the gradient's two buffers: rows of a set are as many as fit. */
const PANEL_BYTES = 4 << 20;

/** The fields of a job in assembly/job.ts, in its order. */
const FIELDS = [
  ...["operation", "next", "tasks", "rows", "count", "goods", "layers", "groups", "groupSize", "hiddenSize", "packed"],
  ...[
    "hidden",
    "hiddenColumns",
    "weight",
    "bias",
    "positive",
    "shared",
    "points",
    "out",
    "coefficients",
    "biasGradient",
  ],
  ...["hiddenGradient", "panels", "panelRows", "counters", "rowsPerTask", "scratch", "scratchSize", "types"],
  ...["squareSlopes", "draws", "blocks", "wall", "constantStep", "stepScale", "beta"],
] as const;
const REALS: readonly string[] = ["constantStep", "stepScale", "beta"];

type Job = Record<string, number>;

/** What an operation works on: R rows of N points or C chains, H; and its own places, with fields of the job that are none. */
interface Operation<Places> {
  readonly operation: keyof typeof OPERATIONS;
  readonly rows: number;
  readonly count: number;
  readonly H: number;
  place(arena: Arena): { readonly own: Places & Record<string, Place>; readonly fields?: Job };
}

/** The data of a tensor on the host. Tensors of the WASM backend are there already. */
function onHost(tensor: Tensor): Float32Array {
  return tensor.dataSync() as Float32Array;
}

/** Fused WASM kernels for a Partial GroupMax Network, with tensors of TensorFlow.js' WASM backend. */
export function wasmKernels(network: ConvexNetwork): PriceKernels {
  const { goods: m, layers, groups, groupSize } = network.groupMax!;
  const layout = packedLayout(network.groupMax!), P = network.weightCount;

  /** Where everything of an operation goes: its places, the job, and how many bytes all of it takes. */
  const layOut = <Places>(
    { operation, rows, count, H, place }: Operation<Places>,
  ): { common: Record<"job" | "hidden" | "weight" | "bias" | "positive" | "shared", Place>; own: Places; job: Job } => {
    const arena = new Arena(HEAP), padded = padTo(H, 4);
    const common = {
      job: arena.take(FIELDS.length),
      hidden: arena.take(padTo(rows, TILE) * padded),
      weight: arena.take(layout.length * padded),
      bias: arena.take(layout.length),
      positive: arena.take(layout.length / 16),
      shared: arena.take(layout.length),
    };
    const { own, fields } = place(arena);
    const addresses = Object.entries({ ...common, ...own }).map(([name, { address }]) => [name, address]);
    const { job: _, ...job }: Job = {
      ...Object.fromEntries(addresses),
      ...{ operation: OPERATIONS[operation], rows, count, goods: m, layers, groups, groupSize },
      ...{ hiddenSize: padded, packed: layout.length, rowsPerTask: ROWS_PER_TASK, scratch: arena.end },
      ...fields,
    };
    return { common, own, job };
  };

  /** Writes a job into the memory, has the number of tasks and the scratch planned, and tells how many bytes all takes. */
  const plan = (threads: Threads<KernelExports>, at: Place, job: Job): number => {
    const memory = threads.memory(at.address + 4 * at.length);
    const whole = new Int32Array(memory, at.address, FIELDS.length);
    const real = new Float32Array(memory, at.address, FIELDS.length);
    FIELDS.forEach((name, k) => (REALS.includes(name) ? real : whole)[k] = job[name] ?? 0);
    threads.exports.plan(at.address);
    return job.scratch + threads.count * whole[FIELDS.indexOf("scratchSize")];
  };

  /** Runs an operation: `write` fills its own places, `read` takes what it made out of them. */
  const perform = <Places, T>(
    source: WeightSource,
    operation: Operation<Places>,
    write: (memory: ArrayBufferLike, places: Places) => void,
    read: (memory: ArrayBufferLike, places: Places) => T,
  ): T => {
    const threads = kernelThreads(), { common, own, job } = layOut(operation), at = common.job.address;
    const memory = threads.memory(plan(threads, common.job, job));
    new Uint8Array(memory, common.positive.address, layout.positive.length).set(layout.positive);
    packBias(layout, onHost(source.bias), floats(memory, common.bias));
    if (source.hidden) {
      const { rows, H } = operation, padded = padTo(H, 4);
      const from = onHost(source.hidden), to = floats(memory, common.hidden).fill(0);
      for (let row = 0; row < rows; row++) to.set(from.subarray(row * H, (row + 1) * H), row * padded);
      packWeight(layout, onHost(source.weight!), H, padded, floats(memory, common.weight));
    }
    write(memory, own);
    threads.exports.begin(at);
    threads.run(at);
    threads.exports.end(at);
    return read(memory, own);
  };

  /** Rows of points: all in rows of 16 where one row of weights serves all. */
  const arrange = (source: WeightSource, points: Tensor3D): { rows: number; count: number } => {
    const [rows, count] = points.shape, all = rows * count;
    if (source.hidden) return { rows, count };
    const now = [16, 15, 14, 13, 12, 11, 10, 9].find((size) => all % size === 0);
    return now ? { rows: all / now, count: now } : { rows, count };
  };

  const pointsOperation = (operation: "value" | "slope", source: WeightSource, points: Tensor3D, outputs: number) => ({
    operation,
    ...arrange(source, points),
    H: source.hidden?.shape[1] ?? 0,
    place: (arena: Arena) => ({ own: { points: arena.take(points.size), out: arena.take(outputs) } }),
  });

  const gradientOperation = (rows: number, count: number, H: number) => {
    const panelRows = Math.max(TILE, Math.floor(PANEL_BYTES / (4 * layout.length) / TILE) * TILE);
    const padded = padTo(H, 4);
    return {
      operation: "gradient" as const,
      ...{ rows, count, H },
      place: (arena: Arena) => ({
        own: {
          points: arena.take(rows * count * m),
          coefficients: arena.take(rows * count),
          hiddenColumns: arena.take(padTo(rows, TILE) * padded),
          out: arena.take(layout.length * padded),
          biasGradient: arena.take((H > 0 ? 1 : Math.ceil(rows / ROWS_PER_TASK)) * layout.length),
          hiddenGradient: arena.take(padTo(rows, TILE) * padded),
          panels: arena.take(H > 0 ? 2 * layout.length * panelRows : 0),
          counters: arena.take(2 * Math.ceil(rows / panelRows)),
        },
        fields: { panelRows },
      }),
    };
  };

  const chainsOperation = (rows: number, C: number, H: number, draws: number, fields: Job) => ({
    operation: "chains" as const,
    ...{ rows, count: C, H },
    place: (arena: Arena) => ({
      own: {
        points: arena.take(rows * C * m),
        squareSlopes: arena.take(rows * m),
        out: arena.take(rows * (C + 1)),
        types: arena.take(rows * m),
        draws: arena.take(draws),
      },
      fields,
    }),
  });

  return {
    value: (source, points) =>
      perform(
        source,
        pointsOperation("value", source, points, points.size / m),
        (memory, own) => floats(memory, own.points).set(onHost(points)),
        (memory, { out }) => tf.tensor2d(floats(memory, out).slice(), [points.shape[0], points.shape[1]]),
      ),

    slope: (source, points) =>
      perform(
        source,
        pointsOperation("slope", source, points, points.size),
        (memory, own) => floats(memory, own.points).set(onHost(points)),
        (memory, { out }) => tf.tensor3d(floats(memory, out).slice(), points.shape),
      ),

    gradient(source, points, coefficients): SourceGradient {
      const { rows, count } = arrange(source, points), H = source.hidden?.shape[1] ?? 0, padded = padTo(H, 4);
      return perform(source, gradientOperation(rows, count, H), (memory, own) => {
        floats(memory, own.points).set(onHost(points));
        floats(memory, own.coefficients).set(onHost(coefficients));
        if (source.hidden) {
          const from = onHost(source.hidden), to = floats(memory, own.hiddenColumns).fill(0), all = padTo(rows, TILE);
          for (let row = 0, at = 0; row < rows; row++) {
            for (let h = 0; h < H; h++, at++) to[((h >> 2) * all + row) * 4 + (h & 3)] = from[at];
          }
        }
        for (const place of [own.out, own.biasGradient, own.counters]) floats(memory, place).fill(0);
      }, (memory, own) => {
        const bias = tf.tensor1d(unpackBias(layout, floats(memory, own.biasGradient), P));
        if (H === 0) return { bias };
        const hidden = new Float32Array(rows * H), from = floats(memory, own.hiddenGradient);
        for (let row = 0; row < rows; row++) hidden.set(from.subarray(row * padded, row * padded + H), row * H);
        const weight = unpackWeight(layout, floats(memory, own.out), H, padded, P);
        return { hidden: tf.tensor2d(hidden, [rows, H]), weight: tf.tensor2d(weight, [H, P]), bias };
      });
    },

    moveChains(source, types, start, options, key): MovedChains {
      const [rows, C] = start.chains.shape, H = source.hidden?.shape[1] ?? 0, draws = moveDraws(options, C, key);
      const { beta, stepRule, stepScale, wall } = options;
      const fields = {
        ...{ beta, stepScale, blocks: moveBlocks(options, key).length },
        wall: wall === "project" ? 1 : 0,
        constantStep: stepRule === "constant" ? constantStepSize(options) : 0,
      };
      return perform(source, chainsOperation(rows, C, H, draws.length, fields), (memory, own) => {
        floats(memory, own.points).set(onHost(start.chains));
        floats(memory, own.squareSlopes).set(onHost(start.squareSlopes));
        floats(memory, own.types).set(types);
        new Int32Array(memory, own.draws.address, draws.length).set(draws);
      }, (memory, own) => ({
        chains: tf.tensor3d(floats(memory, own.points).slice(), start.chains.shape),
        squareSlopes: tf.tensor2d(floats(memory, own.squareSlopes).slice(), [rows, m]),
        values: tf.tensor2d(floats(memory, own.out).slice(), [rows, C + 1]),
      }));
    },

    memory(rows, C, H) {
      const threads = kernelThreads();
      const of = <Places>(operation: Operation<Places>) => {
        const { common, job } = layOut(operation);
        return plan(threads, common.job, job);
      };
      // One memory holds one operation at a time.
      const total = Math.max(of(chainsOperation(rows, C, H, 1024, {})), of(gradientOperation(rows, C + 1, H)));
      return { total, largest: total };
    },
  };
}

function floats(memory: ArrayBufferLike, { address, length }: Place): Float32Array {
  return new Float32Array(memory, address, length);
}

/** What the blocks of steps draw, in the form of assembly/chains.ts. */
function moveDraws(options: MoveOptions, C: number, key: RandomKey): Int32Array {
  const words: number[] = [], half = C >> 1;
  for (const block of moveBlocks(options, key)) {
    words.push(block.steps, block.lineMove ? 1 : 0);
    for (let step = 0; step < block.steps; step++) words.push(...deriveKey(block.langevin, step));
    if (!block.lineMove) continue;
    // The first half moves along differences of the second, then the second along those of the first.
    for (const [pair, size] of [[0, C - half], [2, half]]) {
      const [u, v] = uniforms(deriveKey(block.lineMove, pair), 2), drawKey = deriveKey(block.lineMove, pair + 1);
      const a = Math.floor(u * size);
      words.push(a, a + 1 + Math.floor(v * (size - 1)));
      for (let stream = 0; stream < DRAWS; stream++) words.push(...deriveKey(drawKey, stream));
    }
  }
  return Int32Array.from(words, (word) => word | 0);
}
