/**
 * Whether the size of values, or that they come from a table, changes what is learned:
 * `deno task in-units [--iterations 500] [--seed 0]` prints two tables, and exits with 1 where anything is more than 0.5%
 * away.
 *
 * The first trains on U[0, 1]^2 divided by 1, 5, 20 and 100, in a problem that says nothing of its scale, and times 500.
 * The second trains on rows of B_{1,4} as a CSV, and on B_{1,4} itself, and measures both on the same held-out rows.
 */
import { parseArgs } from "@std/cli";
import { requireInteger } from "../src/errors.ts";
import { evaluate } from "../src/mechanisms/evaluate.ts";
import { empiricalProblem } from "../src/problems/empirical.ts";
import { settingProblem } from "../src/problems/settings.ts";
import { defineProblem } from "../src/problems/user_module.ts";
import { randomKey } from "../src/random/key.ts";
import { train } from "../src/training/train.ts";

/** What one of the types of U[0, 1]^2 is multiplied with. */
export const SIZES: readonly number[] = [1, 1 / 5, 1 / 20, 1 / 100, 500];
/** New profiles on which the first table is measured. */
const PROFILES = 100_000;
/** Rows of the CSV. */
const ROWS = 4000;
/** How far apart revenues may be. */
const CLOSE = 0.005;

/** The revenue of U[0, 1]^2 times a size, in units of that size. */
export async function revenueAtSize(
  size: number,
  options: { readonly iterations: number; readonly seed: number; readonly profiles?: number },
): Promise<number> {
  const problem = defineProblem({
    ...{ name: "U[0, 1]^2", participants: 1, goods: 2 },
    ...size > 1 && { scale: size },
    sampleTypes: (random, profiles) => random.uniform(2 * profiles).map((u) => size * u),
  });
  const { iterations, seed, profiles = PROFILES } = options;
  const { mechanism } = await train(problem, { iterations, seed });
  return (await evaluate(problem, mechanism, { profiles, seed })).revenue / size;
}

/** The revenue on held-out rows of B_{1,4} of what was learned from the other rows, and from B_{1,4} itself. */
export async function revenueOfRows(
  options: { readonly iterations: number; readonly seed: number },
): Promise<{ readonly table: number; readonly setting: number; readonly rows: number }> {
  const setting = settingProblem("B_{1,4}^{0,0}"), goods = 4;
  const types = setting.distribution.sample(randomKey(options.seed), ROWS, "training");
  const lines = Array.from({ length: ROWS }, (_, row) => types.slice(row * goods, (row + 1) * goods).join(","));
  const problem = await empiricalProblem({ text: lines.join("\n"), goods });
  const own = await evaluate(problem, (await train(problem, options)).mechanism);
  const other = await evaluate(problem, (await train(setting, options)).mechanism);
  return { table: own.revenue, setting: other.revenue, rows: own.profiles };
}

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["iterations", "seed"] });
  const options = { iterations: Number(args.iterations ?? 500), seed: Number(args.seed ?? 0) };
  requireInteger("compare units", "--iterations", options.iterations, 1);
  requireInteger("compare units", "--seed", options.seed, 0);
  let far = false;
  const line = (name: string, revenue: number, first: number) => {
    const away = revenue / first - 1;
    if (!(Math.abs(away) <= CLOSE)) far = true;
    console.log(`${name.padEnd(28)} ${revenue.toFixed(4)} ${(100 * away).toFixed(2).padStart(7)}%`);
  };
  let first: number | undefined;
  for (const size of SIZES) {
    const revenue = await revenueAtSize(size, options);
    line(size < 1 ? `U[0, 1]^2 / ${Math.round(1 / size)}` : `U[0, 1]^2 times ${size}`, revenue, first ??= revenue);
  }
  const { table, setting, rows } = await revenueOfRows(options);
  line(`B_{1,4} on ${rows} held-out rows`, setting, setting);
  line("its CSV on the same rows", table, setting);
  Deno.exit(far ? 1 : 0);
}
