/**
 * `tedi audit`: checks whether a mechanism is truthful and individually rational, and its prices and best responses.
 *
 * @module
 */
import { AUDIT_CHECKS } from "../../mechanisms/audit/check.ts";
import { isAffineMaximizer } from "../../mechanisms/affine_maximizer.ts";
import { audit, defaultAudit, defaultBounds } from "../../mechanisms/audit.ts";
import { reportAudit } from "../audit_report.ts";
import type { Command, Option } from "../command.ts";
import { deviceOptions, requestedDevice } from "../device_options.ts";
import { mechanismArgument } from "../mechanism_argument.ts";
import { mechanismWithProblem } from "../mechanism_with_problem.ts";
import { withinRange } from "../within_range.ts";
import { aboutRun, sayNext, shellLine } from "../next_steps.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput } from "../output.ts";
import { assist, chosenRanks, mpiOption, rankThreads, shared } from "../ranks.ts";
import { openDevice } from "../../runtime/device.ts";
import { problemOptions } from "../problem_options.ts";

const auditOptions = [
  {
    name: "profiles",
    kind: "integer",
    least: 1,
    placeholder: "N",
    help: "Type profiles at which a search for lies that pay is made",
    default: String(defaultAudit.profiles),
  },
  {
    name: "misreports",
    kind: "integer",
    least: 1,
    placeholder: "N",
    help: "Misreports that the search tries for each participant of each of these profiles",
    default: String(defaultAudit.misreports),
  },
  {
    name: "exact",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "Number of best responses that are compared with exact solutions of linear programs",
    default: String(defaultAudit.exact),
  },
  {
    name: "test-profiles",
    kind: "integer",
    least: 2,
    placeholder: "N",
    help: "New type profiles on which the revenue is measured",
    default: String(defaultAudit.revenueProfiles),
  },
  {
    name: "seed",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "Seed of profiles and misreports, from 0; whatever it is, the profiles are none of training or evaluation",
    default: String(defaultAudit.seed),
  },
  {
    name: "time-limit",
    kind: "number",
    least: 1,
    placeholder: "SECONDS",
    help: "About how long the audit may take: for a slow mechanism it checks less, and lists what it left out",
    default: String(defaultAudit.timeLimit),
  },
  { name: "json", kind: "flag", help: "Write the result to stdout as one line of JSON" },
  { name: "quiet", kind: "flag", help: "No progress on stderr" },
] as const satisfies readonly Option[];

/** What the bounds are unless given. */
const OF_LARGEST = `${defaultBounds.incentiveCompatibility.toExponential()} of the largest value of a good`;

const boundOptions = [
  {
    name: "ic-bound",
    kind: "number",
    least: 0,
    placeholder: "X",
    help: "Largest gain from a lie that passes, in the units of types",
    default: OF_LARGEST,
  },
  {
    name: "ir-bound",
    kind: "number",
    least: 0,
    placeholder: "X",
    help: "Largest loss of a truthful participant that passes",
    default: OF_LARGEST,
  },
  {
    name: "bound",
    kind: "number",
    least: 0,
    placeholder: "X",
    help: "Largest violation of any other check that passes",
    default: OF_LARGEST,
  },
] as const satisfies readonly Option[];

const options = [...problemOptions, ...auditOptions, ...boundOptions, ...deviceOptions, mpiOption] as const;

/** The checks that `--bound` is for. Nothing may beat a certificate. */
const OTHER_CHECKS = AUDIT_CHECKS.filter((name) =>
  name !== "certificates" && name !== "incentiveCompatibility" && name !== "individualRationality"
);

/** `tedi audit`. */
export const auditCommand: Command = {
  name: "audit",
  description: "Audits a mechanism: searches for lies that pay and for participants who lose, checks outcomes, " +
    "payments, prices and best responses (by linear programs, with certificates, and in every implementation), and " +
    "measures the revenue on fresh type profiles. Violations are in the units of types. A check that fails shows the " +
    "profile and the participant of its largest violation." +
    "\n\nExit code 1 where a bound is broken.",
  positionals: [mechanismArgument],
  groups: [
    { heading: "Audit", options: auditOptions },
    { heading: "Bounds", options: boundOptions },
    { heading: "Device", options: deviceOptions },
    { heading: "Several processes", options: [mpiOption] },
    { heading: "Problem (default: that of the run folder; a file needs one)", options: problemOptions },
  ],
  examples: [
    { line: "tedi audit runs/U-1-2-cp0-cd0-seed0", help: "a table of checks: some seconds" },
    { line: "tedi audit mine.safetensors --setting U-1-2 --misreports 3000 --json", help: "thorough, for a program" },
  ],
  async run(args) {
    const { values, positionals } = parseCommandLine("audit", options, [mechanismArgument], args);
    const output = openOutput(values), ranks = chosenRanks(values);
    if (ranks && ranks.rank > 0) return await assist(ranks, values);
    const { folder, problem, mechanism, changed } = await mechanismWithProblem("audit", positionals[0], values);
    if (changed !== undefined) output.warn(changed);
    withinRange("audit", problem, mechanism, false);
    const { profiles, misreports, exact, seed, "test-profiles": revenueProfiles, bound } = values;
    const timeLimit = values["time-limit"], ic = values["ic-bound"], ir = values["ir-bound"];
    const bounds = { // what is left out is in the scale of the problem
      ...bound !== undefined && Object.fromEntries(OTHER_CHECKS.map((name) => [name, bound])),
      ...ic !== undefined && { incentiveCompatibility: ic },
      ...ir !== undefined && { individualRationality: ir },
    };
    const device = await openDevice({ ...requestedDevice(values), threads: rankThreads(values) });
    const all = await shared(ranks, mechanism), start = performance.now(), progress = output.progress("auditing");
    try {
      const onProgress = (done: number, all: number): void => progress.update(done, all);
      const sizes = { profiles, misreports, exact, seed, revenueProfiles, timeLimit };
      const report = await audit(problem, all.mechanism, { ...sizes, bounds, onProgress });
      all.close();
      progress.end();
      reportAudit(problem, report, (performance.now() - start) / 1000, output);
      sayNext(output, [
        ...folder === undefined || ("method" in mechanism && !isAffineMaximizer(mechanism))
          ? []
          : [aboutRun("report", folder, problem)],
        ..."method" in mechanism ? [] : [shellLine(["tedi", "playground", positionals[0]])],
      ]);
      return report.passed ? 0 : 1;
    } finally {
      progress.end();
      device.close();
    }
  },
};
