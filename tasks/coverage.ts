/**
 * Checks the 95% intervals of evaluations on data: `deno task coverage [--tables 200] [--iterations 60] [--seed 0]`.
 *
 * Every table is made up: 60 to 2,000 rows drawn from one of some distributions. A mechanism is learned from it, and the
 * interval by its held-out rows is compared with what the mechanism earns in the distribution itself, on 20,000 new
 * profiles. The last line says in what share of tables the interval held that value; the exit code is 1 where that is not
 * from 90 to 98%.
 */
import { parseArgs } from "@std/cli";
import { withinRange } from "../src/cli/within_range.ts";
import { evaluate } from "../src/mechanisms/evaluate.ts";
import { empiricalProblem } from "../src/problems/empirical.ts";
import { scaleOf } from "../src/problems/scaled.ts";
import { defineProblem, type RandomStream } from "../src/problems/user_module.ts";
import { deriveKey, randomKey } from "../src/random/key.ts";
import { uniforms } from "../src/random/numbers.ts";
import { train } from "../src/training/train.ts";

/** The sizes of tables. */
const LEAST = 60, MOST = 2000;
/** What no value exceeds. */
const CUT = 1000;
/** New profiles on which the true value is measured: its error is far below that over rows. */
const PROFILES = 20_000;
/** Training that is short, but sells. */
const TRAINING = { profiles: 64, chains: 8, steps: 5 };

/** A distribution of values of m goods: from `count` numbers of each kind that it asks for. */
type Draw = (random: RandomStream, count: number) => Float32Array;

/** The distributions, by name. */
const DRAWS: Readonly<Record<string, Draw>> = {
  uniform: (random, count) => random.uniform(count).map((u) => 40 * u),
  "far from 0": (random, count) => random.uniform(count).map((u) => 300 + 100 * u),
  exponential: (random, count) => random.uniform(count).map((u) => -8 * Math.log(1 - u)),
  lognormal: (random, count) => random.normal(count).map((z) => 20 * Math.exp(0.7 * z)),
  "0 or 1": (random, count) => random.uniform(count).map((u) => u < 0.5 ? 0 : 1),
  "in tens": (random, count) => random.uniform(count).map((u) => 10 * Math.floor(8 * u)),
  "half want nothing": (random, count) => random.uniform(count).map((u) => Math.max(0, 120 * (u - 0.5))),
};

/** What was found for one table. */
export interface CoveredTable {
  readonly distribution: string;
  readonly goods: number;
  readonly rows: number;
  readonly heldOut: number;
  readonly revenue: number;
  readonly interval: readonly [number, number];
  /** What the mechanism earns in the distribution. */
  readonly truth: number;
  readonly held: boolean;
}

/** Makes up a table, learns from it, and compares the interval with the true value. */
export async function coverTable(table: number, seed: number, iterations: number): Promise<CoveredTable> {
  const key = deriveKey(randomKey(seed), table), [size, shape] = uniforms(deriveKey(key, 0), 2);
  const distribution = Object.keys(DRAWS)[table % Object.keys(DRAWS).length], draw = DRAWS[distribution];
  const goods = 1 + Math.floor(3 * shape), rows = Math.round(LEAST * (MOST / LEAST) ** size);
  const itself = defineProblem({
    ...{ name: distribution, participants: 1, goods, scale: CUT },
    sampleTypes: (random, profiles) => draw(random, profiles * goods).map((value) => Math.min(value, CUT)),
  });
  const types = itself.distribution.sample(deriveKey(key, 1), rows, "training");
  const lines = Array.from(
    { length: rows },
    (_, r) => Array.from(types.subarray(r * goods, (r + 1) * goods)).join(";"),
  );
  const problem = await empiricalProblem({ text: lines.join("\n"), goods });
  const { mechanism } = await train(problem, { ...TRAINING, iterations, seed: table });
  const { revenue, interval, rows: heldOut = 0 } = await evaluate(problem, mechanism);
  const able = scaleOf(itself) > scaleOf(problem) ? withinRange("evaluate", itself, mechanism, true) : mechanism;
  const { revenue: truth } = await evaluate(itself, able, { profiles: PROFILES, seed: table });
  return {
    distribution,
    goods,
    rows,
    heldOut,
    revenue,
    interval,
    truth,
    held: interval[0] <= truth && truth <= interval[1],
  };
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["tables", "iterations", "seed"] });
  const tables = Number(args.tables ?? 200), iterations = Number(args.iterations ?? 60), seed = Number(args.seed ?? 0);
  let held = 0;
  for (let table = 0; table < tables; table++) {
    const found = await coverTable(table, seed, iterations), [low, high] = found.interval;
    if (found.held) held++;
    const amounts = [found.revenue, low, high, found.truth].map((value) => value.toFixed(3).padStart(9)).join(" ");
    console.log(
      `${String(table + 1).padStart(4)} ${found.distribution.padEnd(18)} m=${found.goods} ` +
        `${String(found.rows).padStart(5)} rows ${amounts} ${found.held ? "held" : "MISSED"}`,
    );
  }
  const share = held / tables;
  console.log(`The 95% interval held the true value in ${held} of ${tables} tables: ${(100 * share).toFixed(1)}%`);
  Deno.exit(share >= 0.9 && share <= 0.98 ? 0 : 1);
}
