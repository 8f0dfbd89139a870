/**
 * `tedi figure1`: the paper's Figure 1.
 *
 * @module
 */
import { BUDGETS } from "../../experiments/budgets.ts";
import { type FigureMechanism, panelA, panelB } from "../../experiments/figure1.ts";
import { experimentMethods } from "../../experiments/methods.ts";
import { attempt, writeFileAtomic } from "../../io/atomic.ts";
import { evaluate } from "../../mechanisms/evaluate.ts";
import { settingProblem } from "../../problems/settings.ts";
import { defaultTraining } from "../../training/options.ts";
import type { Command, Option } from "../command.ts";
import { deviceOptions, requestedDevice } from "../device_options.ts";
import { openFasterDevice } from "../faster_device.ts";
import { INTERRUPTED, listenToInterrupts } from "../interrupt.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput } from "../output.ts";

/** The setting, its methods, and what the figure calls them. */
const SETTING = "B_{1,10}^{0,0}";
const SHOWN: readonly [method: string, name: string][] = [
  ["Separable-OPT", "OPT"],
  ["TEDI", "TEDI"],
  ["MD-MenuNet", "MenuNet"],
];

const figureOptions = [
  {
    name: "budget",
    kind: "choice",
    choices: BUDGETS,
    help: "Iterations of TEDI and MenuNet: quick has a tenth of those of standard, paper five times as many",
    default: "standard",
  },
  {
    name: "seed",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "Seed of all random numbers, from 0",
    default: "0",
  },
  {
    name: "out",
    kind: "text",
    placeholder: "FOLDER",
    help: "Where figure1a.svg and figure1b.svg go",
    default: "results/figure1",
  },
  { name: "json", kind: "flag", help: "Write a JSON line for each mechanism to stdout" },
  { name: "quiet", kind: "flag", help: "No logs and no progress on stderr" },
] as const satisfies readonly Option[];

const options = [...figureOptions, ...deviceOptions] as const;

/** `tedi figure1`. */
export const figure1Command: Command = {
  name: "figure1",
  description: `Trains TEDI and MenuNet for ${SETTING}, and draws what they sell to whom beside the optimal mechanism.`,
  positionals: [],
  groups: [
    { heading: "Figure", options: figureOptions },
    { heading: "Device", options: deviceOptions },
  ],
  examples: [{ line: "tedi figure1 --budget quick --out figures", help: "a first look" }],
  async run(args) {
    const { values } = parseCommandLine("figure1", options, [], args);
    const { budget = "standard", seed = 0, out = "results/figure1" } = values, output = openOutput(values);
    const problem = settingProblem(SETTING);
    const device = await openFasterDevice(problem, defaultTraining(problem), requestedDevice(values), output);
    const interrupt = listenToInterrupts(() => output.log("Stopping; Ctrl-C again to stop at once"));
    let progress = output.progress("figure");
    try {
      const shown: FigureMechanism[] = [];
      for (const [methodName, name] of SHOWN) {
        const method = experimentMethods.find((one) => one.name === methodName)!;
        progress = output.progress(name);
        const work = { budget, seed, device, signal: interrupt.signal, onProgress: progress.update };
        const { mechanism } = await method.run(problem, work);
        progress.end();
        const { revenue, standardError } = await evaluate(problem, mechanism, { seed, signal: interrupt.signal });
        output.event("mechanism", { method: methodName, setting: SETTING, revenue, standardError });
        output.text(`${name.padEnd(8)} ${revenue.toFixed(4)} +- ${standardError.toFixed(4)}`);
        shown.push({ name, mechanism });
      }
      await attempt(`make ${out}`, () => Deno.mkdir(out, { recursive: true }));
      for (const [file, panel] of [["figure1a.svg", panelA], ["figure1b.svg", panelB]] as const) {
        const svg = await panel(shown);
        await attempt(`write ${out}/${file}`, () => writeFileAtomic(`${out}/${file}`, svg));
        output.text(`${out}/${file}`);
      }
      return 0;
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      return INTERRUPTED;
    } finally {
      progress.end();
      interrupt.end();
      device.close();
    }
  },
};
