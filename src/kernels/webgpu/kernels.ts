/**
 * The kernels in WGSL, for networks with a Partial GroupMax form on TensorFlow.js' WebGPU backend.
 *
 * Weights, softplus included, are made for a chunk of rows at a time, so that `[R, P]` never exists. Then a workgroup
 * for each row takes the row's chains through all steps, in as few dispatches as possible, with the weights in
 * workgroup memory where they fit. Nothing comes back to the host; results are tensors like any other.
 *
 * @module
 */
import { type Tensor2D, type Tensor3D, tf } from "../../deps/tfjs.ts";
import { groupMaxLayout } from "../../networks/groupmax_layout.ts";
import type { ConvexNetwork } from "../../networks/network.ts";
import type { HypernetworkOutput } from "../../networks/hypernetwork_output.ts";
import { type RowTypes, typeTensor } from "../../networks/row_types.ts";
import type { Chains } from "../../sampling/move_chains.ts";
import { reparameterisedKernels } from "../reparameterised.ts";
import type { MovedChains, MoveStage, PriceKernels } from "../kernels.ts";
import { type ChainShader, chainShader } from "./chains.ts";
import { Commands, type Window } from "./dispatch.ts";
import { gradientShader } from "./gradient.ts";
import type { Memory, WorkgroupLimits } from "./layout.ts";
import { maximaOfCuts } from "./maximum_of_cuts.ts";
import { type PointShader, pointShader } from "./points.ts";
import { RECORD } from "./records.ts";
import { chainSchedule, dispatches, stepSizes } from "./schedule.ts";
import { deviceUniforms } from "./uniforms.ts";
import { addGradient, emptyGradient, makeWeights, type Rows } from "./weights.ts";

/** How much the kernels work on at a time. Tests make it small. */
export interface WebgpuKernelOptions {
  /** The most bytes of a buffer for a chunk of rows, where a row does not take more. 48 MiB unless given. */
  readonly chunkBytes?: number;
  /** The most bytes of workgroup memory; that of the device unless given. */
  readonly workgroupBytes?: number;
  /** The most bytes of a tensor that are bound at a time; what the device can bind unless given. */
  readonly bindingBytes?: number;
  /** About the most loop rounds of a thread in one dispatch; 40,000 unless given. */
  readonly loopRounds?: number;
}

const CHUNK_BYTES = 48 * 2 ** 20;
/**
 * Mesa's llvmpipe silently ends all loops of a thread after 65535 rounds in total; and dispatches of seconds block a
 * GPU.
 */
const LOOP_ROUNDS = 40_000;
/**
 * Where one row of weights serves all: the fewest points that a workgroup sums the gradient over, and the most
 * workgroups.
 */
const LEAST_POINTS = 64, MOST_PARTS = 256;

/**
 * The kernels in WGSL of a network with a Partial GroupMax form, for the WebGPU device that is open when they are
 * called.
 */
export function webgpuKernels(network: ConvexNetwork, options: WebgpuKernelOptions = {}): PriceKernels {
  const { size } = network.groupMax!, { goods: m } = size, P = groupMaxLayout(size).count;
  const { chunkBytes = CHUNK_BYTES, workgroupBytes = Infinity, bindingBytes, loopRounds = LOOP_ROUNDS } = options;
  const shaders = new Map<string, unknown>();
  /** Makes a shader at the first call for its sizes, and returns the same one afterwards. */
  const once = <T>(limits: WorkgroupLimits, sizes: readonly unknown[], make: () => T): T => {
    const key = [limits.bytes, limits.threads, ...sizes].join();
    if (!shaders.has(key)) shaders.set(key, make());
    return shaders.get(key) as T;
  };
  const workgroupLimits = ({ limits }: Commands): WorkgroupLimits => ({
    bytes: Math.min(workgroupBytes, limits.maxComputeWorkgroupStorageSize),
    threads: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
  });

  /** The rows of a chunk. A row takes `bytes` of a tensor and `scratch` bytes of a buffer at most, and `workgroups`. */
  const rowsOfChunk = (commands: Commands, bytes: number, scratch: number, workgroups: number): number =>
    Math.max(
      1,
      Math.floor(Math.min(
        commands.bindingBytes / Math.max(bytes, scratch),
        chunkBytes / Math.max(1, scratch),
        commands.limits.maxComputeWorkgroupsPerDimension / workgroups,
      )),
    );
  const scratchBytes = ({ ownScratch, laneCount, wordCount }: Memory) =>
    ownScratch ? 0 : Math.max(16 * laneCount, 4 * wordCount);
  /** Scratch memory in storage buffers for `workgroups`, where it does not fit in workgroup memory. */
  const scratchWindows = (commands: Commands, memory: Memory, workgroups: number): Record<string, Window> =>
    memory.ownScratch ? {} : {
      lanes: commands.window(commands.temporary([workgroups * 4 * memory.laneCount])),
      words: commands.window(commands.temporary([workgroups * memory.wordCount])),
    };

  /**
   * Calls `use` for each chunk of the R rows, with the weights of its rows and the size of the largest chunk. A row has
   * `bytes` in one tensor at most, and `workgroups`, each with `extra` bytes of other buffers.
   */
  function eachChunk(
    commands: Commands,
    hypernetwork: HypernetworkOutput,
    { rows: R, bytes, workgroups, extra = 0 }: { rows: number; bytes: number; workgroups: number; extra?: number },
    use: (rows: Rows, prepared: Window, most: number) => void,
  ): void {
    const ofWeights = hypernetwork.hidden ? 4 * P : 0;
    const scratch = Math.max(ofWeights, extra * workgroups), { hidden, perGood } = hypernetwork;
    const ofHidden = 4 * Math.max(hidden?.shape[1] ?? 0, m * (perGood?.hidden.shape[2] ?? 0));
    const most = Math.min(R, rowsOfChunk(commands, Math.max(bytes, ofHidden), scratch, workgroups));
    const prepared = commands.temporary([hypernetwork.hidden ? most : 1, P]);
    if (!hypernetwork.hidden) makeWeights(commands, size, hypernetwork, { first: 0, count: 1 }, prepared);
    for (let first = 0; first < R; first += most) {
      const rows = { first, count: Math.min(most, R - first) };
      if (hypernetwork.hidden) makeWeights(commands, size, hypernetwork, rows, prepared);
      const keep = commands.temporaries;
      use(rows, commands.window(prepared), most);
      commands.release(keep); // chunks share their memory
    }
  }

  /** f `[R, N]`, or its slope `[R, N, m]`, at points `[R, N, m]`. */
  function atPoints(what: "value" | "slope", hypernetwork: HypernetworkOutput, points: Tensor3D) {
    const [R, N] = points.shape, commands = new Commands(bindingBytes), limits = workgroupLimits(commands);
    const each = what === "value" ? 1 : m;
    const made = commands.tensor(what === "value" ? [R, N] : [R, N, m]);
    // Where one row of weights serves all, all points of a chunk are points of one row.
    const together = hypernetwork.hidden ? N : R * N;
    const { shader, memory, tiles } = once<PointShader>(
      limits,
      [what, together],
      () => pointShader(size, what, together, limits),
    );
    const scratch = scratchBytes(memory), blocks = (points: number) => Math.ceil(points / (4 * tiles));
    const sizes = { rows: R, bytes: 4 * N * m, workgroups: blocks(N), extra: scratch };
    eachChunk(commands, hypernetwork, sizes, ({ first, count }, prepared, most) => {
      const [rows, perRow] = hypernetwork.hidden ? [count, N] : [1, count * N];
      const own = scratchWindows(commands, memory, most * blocks(N));
      const from = commands.window(points, first * N * m, count * N * m);
      const results = commands.window(made, first * N * each, count * N * each);
      const params = { perRow, blocks: blocks(perRow), pointsAt: from.at, resultsAt: results.at };
      commands.run(shader, { prepared, ...own, points: from, results }, params, [rows * blocks(perRow)]);
    });
    commands.release();
    return made;
  }

  const chainsOf = (limits: WorkgroupLimits, C: number, lineMoves: boolean) =>
    once<ChainShader>(limits, ["chains", C, lineMoves], () => chainShader(size, C, lineMoves, limits));

  /** Moves chains in stages, one behind the other, and gives them as they are after each of the last `kept`. */
  function moveInStages(
    hypernetwork: HypernetworkOutput,
    types: RowTypes,
    start: Chains,
    stages: readonly MoveStage[],
    kept: number,
  ): MovedChains[] {
    const [R, C] = start.chains.shape, commands = new Commands(bindingBytes), firstKept = stages.length - kept;
    const lineMoves = stages.some(({ move }) => move.lineMoveEvery > 0);
    const { shader, memory, rounds } = chainsOf(workgroupLimits(commands), C, lineMoves);
    const empty = (): MovedChains => ({
      chains: commands.tensor([R, C, m]) as Tensor3D,
      squareSlopes: commands.tensor([R, m]) as Tensor2D,
      values: commands.tensor([R, C + 1]) as Tensor2D,
    });
    const results = Array.from({ length: kept }, empty);
    commands.copy(start.chains, results[0].chains);
    commands.copy(start.squareSlopes, results[0].squareSlopes);
    const schedules = stages.map(({ move, key }) => chainSchedule(move, C, key));
    const words = schedules.map(({ words }) => words), lengths = words.map(({ length }) => length);
    const all = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
    const begins = words.map((_, k) => lengths.slice(0, k).reduce((sum, length) => sum + length, 0));
    words.forEach((own, k) => all.set(own, begins[k]));
    const schedule = commands.window(commands.temporary([all.length], all));
    // Types, and zeros for the sums of squared slopes.
    const ofRows = commands.own(tf.tidy(() => {
      const own = typeTensor(types, m);
      return tf.stack([own, tf.zerosLike(own)], 1);
    }));
    const sizes = { rows: R, bytes: 4 * (C + 1) * Math.max(2, m), workgroups: 1, extra: scratchBytes(memory) };
    eachChunk(commands, hypernetwork, sizes, ({ first, count }, prepared, most) => {
      const scratch = scratchWindows(commands, memory, most);
      stages.forEach(({ move }, stage) => {
        // Stages that are not kept move the chains of the first that is.
        const { chains, squareSlopes, values } = results[Math.max(0, stage - firstKept)];
        if (stage > firstKept) {
          const before = results[stage - firstKept - 1];
          commands.copy(before.chains, chains, first * C * m, count * C * m);
          commands.copy(before.squareSlopes, squareSlopes, first * m, count * m);
        }
        const [chainsNow, slopesNow, rowsNow, valuesNow] = ([[chains, C * m], [squareSlopes, m], [ofRows, 2 * m], [
          values,
          C + 1,
        ]] as const).map(([tensor, each]) => commands.window(tensor, first * each, count * each));
        const windows = {
          ...{ prepared, ...scratch },
          ...{ chains: chainsNow, squareSlopes: slopesNow, rows: rowsNow, values: valuesNow, schedule },
        };
        const { records } = schedules[stage], from = begins[stage] / RECORD;
        // The last record is that of values, which only stages that are kept need.
        const own = stage < firstKept ? records.slice(0, -1) : records;
        for (const [begin, end] of dispatches(own, rounds, loopRounds)) {
          commands.run(shader, windows, {
            ...{ firstRow: first, sharedWeights: hypernetwork.hidden ? 0 : 1 },
            ...{ firstRecord: from + begin, endRecord: from + end },
            ...{ chainsAt: chainsNow.at, squareSlopesAt: slopesNow.at, rowsAt: rowsNow.at, valuesAt: valuesNow.at },
            ...{ adapted: move.stepRule === "adapted" ? 1 : 0, reflect: move.boundary === "reflect" ? 1 : 0 },
            ...{ beta: move.beta, ...stepSizes(move) },
          }, [count]);
        }
      });
    });
    commands.release();
    return results;
  }

  const kernels: PriceKernels = {
    value: (hypernetwork, points) => atPoints("value", hypernetwork, points) as Tensor2D,
    slope: (hypernetwork, points) => atPoints("slope", hypernetwork, points) as Tensor3D,

    gradient(hypernetwork, points, coefficients) {
      const [R, N] = points.shape, commands = new Commands(bindingBytes), limits = workgroupLimits(commands);
      const shared = hypernetwork.hidden === undefined;
      // Where one row of weights serves all, workgroups share the points, and each writes a gradient of its own to sum
      // up.
      const perGroup = shared
        ? Math.max(LEAST_POINTS, Math.ceil(R * N / Math.min(MOST_PARTS, Math.floor(chunkBytes / (4 * P)))))
        : N;
      const { shader, memory, tiles, rounds } = once(
        limits,
        ["gradient", perGroup],
        () => gradientShader(size, perGroup, limits),
      );
      const made = emptyGradient(commands, hypernetwork);
      const sizes = {
        rows: R,
        bytes: 4 * N * m,
        workgroups: Math.ceil(N / perGroup),
        extra: Math.max(4 * P, scratchBytes(memory)) * Math.min(1, N / perGroup),
      };
      eachChunk(commands, hypernetwork, sizes, (rows, prepared, most) => {
        const groupsOf = (rows: number) => Math.ceil(rows * N / perGroup), groups = groupsOf(rows.count);
        const raw = commands.temporary([groupsOf(most), P]);
        const from = commands.window(points, rows.first * N * m, rows.count * N * m);
        const ofCoefficients = commands.window(coefficients, rows.first * N, rows.count * N);
        const windows = {
          prepared,
          ...scratchWindows(commands, memory, groupsOf(most)),
          points: from,
          coefficients: ofCoefficients,
          results: commands.window(raw),
        };
        const blocks = Math.ceil(perGroup / (4 * tiles)), atATime = Math.max(1, Math.floor(loopRounds / rounds));
        for (let block = 0; block < blocks; block += atATime) {
          commands.run(shader, windows, {
            perGroup,
            points: rows.count * N,
            sharedWeights: shared ? 1 : 0,
            firstBlock: block,
            endBlock: Math.min(blocks, block + atATime),
            pointsAt: from.at,
            coefficientsAt: ofCoefficients.at,
          }, [groups]);
        }
        addGradient(commands, size, hypernetwork, { first: rows.first, count: groups }, raw, made);
      });
      commands.release();
      return made;
    },

    moveChains: (hypernetwork, types, start, move, key) =>
      moveInStages(hypernetwork, types, start, [{ move, key }], 1)[0],

    resident: {
      ...{ uniforms: deviceUniforms, moveInStages },
      maximaOfCuts: (slopes, offsets) => maximaOfCuts(slopes, offsets, bindingBytes),
    },

    memory(rows, C, H, Hl = 0) {
      const limits = workgroupLimits(new Commands(bindingBytes)), perRow = 4 * P * (H > 0 ? 1 : 0);
      // A chunk's weights and their gradient, or its weights and scratch memory; and results as large as the chains.
      const scratch = scratchBytes(chainsOf(limits, C, true).memory);
      const chunk = Math.max(4 * P, Math.min(chunkBytes, rows * Math.max(perRow, scratch)));
      const ofChains = 4 * rows * (C + 1) * m, { maps } = groupMaxLayout(size);
      const ofWeight = 4 * (Hl > 0 ? Math.max(H * (P - m * maps), Hl * maps) : H * P);
      return { total: 2 * chunk + 3 * ofChains + 2 * ofWeight, largest: Math.max(chunk, ofChains, ofWeight) };
    },
  };
  return reparameterisedKernels(network, kernels);
}
