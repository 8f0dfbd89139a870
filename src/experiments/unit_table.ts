/**
 * Auctions of goods that exist once, as a table: settings of the literature, what it reports for them, and the methods.
 *
 * @module
 */
import { bundleMyerson, itemWiseMyerson } from "../baselines/reference_utilities.ts";
import { trainLotteryAma } from "../baselines/lottery_ama_training.ts";
import { trainMenuNet } from "../baselines/menu_net_training.ts";
import { vcg } from "../baselines/vcg.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { parseSetting, settingProblem, settingSlug } from "../problems/settings.ts";
import { defineProblem } from "../problems/user_module.ts";
import { always, classical, learned, regretNetMethod, runAffineMaximizer, single } from "./methods.ts";
import type { ExperimentMethod } from "./run_cells.ts";
import { revenueMarkdown, summarize } from "./tables.ts";
import type { Cell } from "./cells.ts";

/** A column of the table. */
export interface UnitTableColumn {
  /** Its name on a command line. */
  readonly slug: string;
  /** The problem. */
  problem(): MechanismProblem;
  /** What the literature reports, by method. */
  readonly published: Readonly<Record<string, number>>;
  /** The largest expected revenue of a truthful mechanism, where it is known. */
  readonly optimum?: number;
}

const setting = (name: string, published: Readonly<Record<string, number>>): UnitTableColumn => {
  const problem = settingProblem(name);
  return { slug: name, problem: () => problem, published };
};

/** The largest value that an exponential type may have: 20 times its mean, which one in 5 x 10^8 exceeds. */
const MOST_MEANS = 20;

/**
 * The columns. Published values are those of Duan, Sun, Chen and Deng, "A scalable neural network for DSIC affine maximizer
 * auction design" (NeurIPS 2023), for their AMenuNet and, as they measured it, Lottery-AMA.
 */
export const unitTableColumns: readonly UnitTableColumn[] = [
  setting("U-2-2-unit", {}),
  setting("U-2-5-unit", { "MD-LotteryAMA": 2.2354, "AMenuNet": 2.2768 }),
  setting("U-3-10-unit", { "MD-LotteryAMA": 5.345, "AMenuNet": 5.5896 }),
  setting("U-5-5-unit", { "MD-LotteryAMA": 2.8527 }),
  {
    slug: "rectangle",
    problem: () =>
      defineProblem({
        ...{ name: "U[4,16] x U[4,7]", participants: 1, goods: 2, scale: 16, supply: "unit" },
        sampleTypes: (random, profiles) =>
          random.uniform(2 * profiles).map((u, k) => k % 2 === 0 ? 4 + 12 * u : 4 + 3 * u),
      }),
    published: { "MD-LotteryAMA": 9.3139, "AMenuNet": 9.6219 },
    optimum: 9.7778,
  },
  {
    slug: "exponential",
    problem: () =>
      defineProblem({
        ...{ name: "exponential, mean 3", participants: 3, goods: 1, scale: 3 * MOST_MEANS, supply: "unit" },
        ...{ exchangeable: true, exchangeableGoods: true, independent: true },
        sampleTypes: (random, profiles) =>
          random.uniform(3 * profiles).map((u) => Math.min(3 * MOST_MEANS, -3 * Math.log(1 - u))),
      }),
    published: { "MD-LotteryAMA": 2.7238, "AMenuNet": 2.7382 },
    optimum: 2.749,
  },
];

/** The command that makes a cell of the table. */
export function unitCellCommand(
  { setting, method, budget, seed, testProfiles }: Pick<
    Cell,
    "setting" | "method" | "budget" | "seed" | "testProfiles"
  >,
): string {
  const column = unitTableColumns.find(({ problem }) => problem().name === setting);
  const slug = column?.slug ?? settingSlugOf(setting);
  return `tedi table-unit --columns ${slug} --methods ${method} --seeds ${seed} --budget ${budget} ` +
    `--test-profiles ${testProfiles}`;
}

function settingSlugOf(name: string): string {
  const { source } = settingProblem(name);
  return source.kind === "setting" ? settingSlug(parseSetting(source.setting)) : name;
}

/** The affine maximizer with a convex boost, from the best of some starts. */
const affine: ExperimentMethod = {
  name: "TEDI-AMA",
  applies: always,
  run: (problem, work) => runAffineMaximizer("TEDI-AMA", problem, work),
};

/** The rows. MD-RegretNet is not truthful: its regret is measured, too. */
export const unitTableMethods: readonly ExperimentMethod[] = [
  affine,
  learned("MD-MenuNet", single, trainMenuNet),
  learned("MD-LotteryAMA", always, trainLotteryAma),
  regretNetMethod,
  classical("VCG", vcg),
  classical("Item-wise-Myerson", itemWiseMyerson),
  classical("Bundle-Myerson", bundleMyerson, ({ goods }) => goods > 1),
];

/** Methods as rows and settings as columns, with what the literature reports in rows of its own. */
export function unitTableMarkdown(cells: readonly Cell[]): string {
  const summaries = summarize(cells), settings = [...new Set(cells.map(({ setting }) => setting))];
  const columns = settings.map((setting) => unitTableColumns.find(({ problem }) => problem().name === setting));
  const row = (entries: readonly string[]) => `| ${entries.join(" | ")} |`;
  const methods = [...new Set(cells.map(({ method }) => method))].map((method) => {
    const own = summaries.filter((one) => one.method === method);
    const seconds = own.reduce((sum, one) => sum + one.seconds, 0) / own.length;
    const entries = settings.map((setting) => {
      const found = own.find((one) => one.setting === setting);
      return found ? revenueMarkdown(found) : "";
    });
    return row([method, ...entries, seconds.toFixed(0)]);
  });
  const published = [...new Set(columns.flatMap((column) => Object.keys(column?.published ?? {})))].map((method) =>
    row([`${method}, published`, ...columns.map((column) => column?.published[method]?.toFixed(4) ?? ""), ""])
  );
  const optima = columns.some((column) => column?.optimum !== undefined)
    ? [row(["optimum", ...columns.map((column) => column?.optimum?.toFixed(4) ?? ""), ""])]
    : [];
  return [
    row(["", ...settings.map((setting) => `\`${setting}\``), "seconds, mean"]),
    row(["---", ...settings.map(() => "---:"), "---:"]),
    ...[...methods, ...published, ...optima],
    "",
    "Mean of the principal's utility over seeds \u00b1 its standard error over test profiles; `seeds`: standard deviation " +
    "of a seed; published values as their authors report them.",
    "",
  ].join("\n");
}
