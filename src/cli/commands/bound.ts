/**
 * `tedi bound`: upper bounds on what any truthful mechanism earns.
 *
 * @module
 */
import { count } from "../../display.ts";
import { InvalidInputError } from "../../errors.ts";
import { evaluate, TEST_PROFILES } from "../../mechanisms/evaluate.ts";
import { type RevenueBound, revenueBounds } from "../../mechanisms/revenue_bounds.ts";
import { amount, plainAmount } from "../../problems/amounts.ts";
import { percentOf } from "../../problems/reference_mechanisms.ts";
import type { Command, Option, Positional } from "../command.ts";
import { helpWidth, wrap } from "../help.ts";
import { mechanismArgument } from "../mechanism_argument.ts";
import { mechanismWithProblem } from "../mechanism_with_problem.ts";
import { parseCommandLine } from "../options.ts";
import { colour, openOutput } from "../output.ts";
import { chosenProblem, problemOptions } from "../problem_options.ts";

const boundOptions = [
  {
    name: "profiles",
    kind: "integer",
    least: 2,
    placeholder: "N",
    help: "New type profiles over which bounds are means, and on which the mechanism is measured",
    default: String(TEST_PROFILES),
  },
  {
    name: "seed",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "Seed of these profiles, from 0",
    default: "that of the run, or 0",
  },
  { name: "json", kind: "flag", help: "Write the result to stdout as one line of JSON" },
  { name: "quiet", kind: "flag", help: "No logs on stderr" },
] as const satisfies readonly Option[];

const options = [...problemOptions, ...boundOptions] as const;
const positional: Positional = { ...mechanismArgument, optional: true };

/** `tedi bound`. */
export const boundCommand: Command = {
  name: "bound",
  description:
    "Bounds from above what any truthful and individually rational mechanism earns from a problem, and shows what share " +
    "of the least bound a mechanism reaches. For data of one participant, with up to 500 different rows, the bound is " +
    "exact: the best menu of lotteries for these rows, by linear programming.",
  positionals: [positional],
  groups: [
    { heading: "Bounds", options: boundOptions },
    { heading: "Problem (default: that of the run folder)", options: problemOptions },
  ],
  examples: [
    { line: "tedi bound --setting U-3-10-cp1-cd0", help: "how much there is to earn" },
    { line: "tedi bound runs/U-1-2-cp0-cd0-seed0", help: "what share of it a mechanism reaches" },
    { line: "tedi bound --types bids.csv --participants 1 --goods 2", help: "the optimum on the held-out rows" },
  ],
  async run(args) {
    const { values, positionals } = parseCommandLine("bound", options, [positional], args);
    const output = openOutput(values), note = (text: string) => output.log(text);
    const run = positionals.length > 0 ? await mechanismWithProblem("bound", positionals[0], values) : undefined;
    const problem = run?.problem ?? await chosenProblem("bound", values, note);
    if (!problem) {
      throw new InvalidInputError(
        "Cannot bound: a run folder or a problem must be given, such as --setting NAME, and both are missing",
      );
    }
    const test = { profiles: values.profiles ?? TEST_PROFILES, seed: values.seed ?? run?.config?.training.seed ?? 0 };
    const bounds = await revenueBounds(problem, test);
    if (bounds.length === 0) {
      throw new InvalidInputError(
        `Cannot bound: the principal's utility must be that of reproducible goods, got ${problem.principalUtility.name}`,
      );
    }
    const evaluation = run && await evaluate(problem, run.mechanism, test), least = bounds[0];
    output.event("bounds", {
      ...{ setting: problem.name, ...test, bounds },
      ...evaluation && {
        ...{ revenue: evaluation.revenue, standardError: evaluation.standardError },
        share: least.value > 0 ? evaluation.revenue / least.value : undefined,
      },
    });
    const width = Math.max(...bounds.map(({ name }) => name.length)) + 11;
    const line = (name: string, value: string, remark: string): string => {
      const start = `  ${name.padEnd(width)}${value.length < 18 ? value.padEnd(19) : `${value}  `}`;
      return (start + wrap(remark, start.length, helpWidth())).trimEnd();
    };
    const shown = ({ value, standardError }: Pick<RevenueBound, "value" | "standardError">): string =>
      standardError === 0
        ? plainAmount(problem, value)
        : `${plainAmount(problem, value)} +- ${amount(problem, standardError)}`;
    const { participants: n, goods: m } = problem;
    output.text([
      colour(Deno.stdout, "bold", `${problem.name}, ${count(n, "participant")}, ${count(m, "good")}`),
      ...bounds.map((bound) => line(`at most, ${bound.name}`, shown(bound), bound.reason)),
      ...evaluation
        ? [line(
          "revenue",
          shown({ value: evaluation.revenue, standardError: evaluation.standardError }),
          `${percentOf(least.value, evaluation.revenue)} of the least bound`,
        )]
        : [],
    ].join("\n"));
    return 0;
  },
};
