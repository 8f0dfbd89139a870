/**
 * The command line `tedi`: finds the command, and makes exit codes and messages of errors.
 *
 * @module
 */
import { InvalidInputError, MachineError, show } from "../errors.ts";
import { VERSION } from "../version.ts";
import type { Command } from "./command.ts";
import { commandHelp, helpWidth, row, wrap } from "./help.ts";
import { colour, openOutput, writeStderr, writeStdout } from "./output.ts";

/** A command's line in the help text, and its module, which loads when the command is used. */
interface Entry {
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

/** The commands, in the order of the help text. */
export const commands: Readonly<Record<string, Entry>> = {
  train: {
    summary: "learn a mechanism for a problem",
    load: async () => (await import("./commands/train.ts")).trainCommand,
  },
  evaluate: {
    summary: "measure the revenue of a mechanism on new type profiles",
    load: async () => (await import("./commands/evaluate.ts")).evaluateCommand,
  },
  bound: {
    summary: "how much no truthful mechanism earns more than",
    load: async () => (await import("./commands/bound.ts")).boundCommand,
  },
  audit: {
    summary: "check that a mechanism is truthful, and that nobody loses",
    load: async () => (await import("./commands/audit.ts")).auditCommand,
  },
  report: {
    summary: "a page of charts about one training run or several",
    load: async () => (await import("./commands/report.ts")).reportCommand,
  },
  playground: {
    summary: "a page on which a mechanism runs in a browser",
    load: async () => (await import("./commands/playground.ts")).playgroundCommand,
  },
  menu: {
    summary: "the price list that a mechanism is: what is taken, for how much",
    load: async () => (await import("./commands/menu.ts")).menuCommand,
  },
  run: {
    summary: "reported types in, outcomes and payments out",
    load: async () => (await import("./commands/run.ts")).runCommand,
  },
  export: {
    summary: "prices in plain numbers, for other programs",
    load: async () => (await import("./commands/export.ts")).exportCommand,
  },
  runs: {
    summary: "the training runs that there are, and how far they are",
    load: async () => (await import("./commands/runs.ts")).runsCommand,
  },
  metrics: {
    summary: "the metrics of training runs as CSV",
    load: async () => (await import("./commands/metrics.ts")).metricsCommand,
  },
  table1: {
    summary: "run methods in the settings of the paper's Table 1",
    load: async () => (await import("./commands/table1.ts")).table1Command,
  },
  "table-unit": {
    summary: "run methods in auctions of goods that exist once",
    load: async () => (await import("./commands/table_unit.ts")).tableUnitCommand,
  },
  sweep: {
    summary: "many trainings, on this machine or a cluster with Slurm",
    load: async () => (await import("./commands/sweep.ts")).sweepCommand,
  },
  figure1: {
    summary: "draw the paper's Figure 1",
    load: async () => (await import("./commands/figure1.ts")).figure1Command,
  },
  settings: {
    summary: "list the settings of the paper",
    load: async () => (await import("./commands/settings.ts")).settingsCommand,
  },
  devices: {
    summary: "list the devices that can train, GPUs first",
    load: async () => (await import("./commands/devices.ts")).devicesCommand,
  },
  completions: {
    summary: "a script that completes command lines in a shell",
    load: async () => (await import("./commands/completions.ts")).completionsCommand(commands),
  },
  cite: {
    summary: "how to cite the paper and this software",
    load: async () => (await import("./commands/cite.ts")).citeCommand,
  },
};

/** What `tedi train` takes with its defaults on two cores. README and the task of deno.json say the same. */
export const DEFAULT_RUN_TIME = "about 10 seconds";

/** What a process that writes to a closed pipe ends with: 128 + SIGPIPE. */
const BROKEN_PIPE = 141;

/** Runs the command line, and sets the exit code: 0, 1 (machine or program), 2 (input) or 130 (Ctrl-C). */
export async function main(args: readonly string[]): Promise<void> {
  try {
    Deno.exitCode = await dispatch(args);
  } catch (error) {
    Deno.exitCode = report(error, wantsJson(args));
  }
}

async function dispatch(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    writeStderr(`${mainHelp(helpWidth())}\n`);
    return 2;
  }
  if (name === "--help" || name === "-h" || name === "help") {
    if (name === "help" && rest.length > 0) return await dispatch([rest[0], "--help"]);
    writeStdout(`${mainHelp(helpWidth())}\n`);
    return 0;
  }
  if (name === "--version") {
    writeStdout(`tedi ${VERSION}\n`);
    return 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const thing = name.startsWith("-") ? `option ${name} before a command` : `command ${show(name)}`;
    const { suggest } = await import("../known_names.ts");
    const hint = suggest(name, Object.keys(commands)) || `; the commands are ${Object.keys(commands).join(", ")}`;
    throw new InvalidInputError(`Cannot run tedi: there is no ${thing}${hint}`);
  }
  const command = await commands[name].load();
  const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (own.includes("--help") || own.includes("-h")) {
    writeStdout(`${commandHelp(command, helpWidth())}\n`);
    return 0;
  }
  return await command.run(rest);
}

function mainHelp(width: number): string {
  const about = "Learns truthful mechanisms: rules that take participants' types (how much they value each good) and " +
    "decide who gets what for which payment, such that nobody gains by lying and the principal earns the most.";
  return [
    `tedi ${VERSION}`,
    wrap(about, 0, width),
    "Usage: tedi COMMAND [OPTIONS]",
    ["Commands:", ...Object.entries(commands).map(([name, { summary }]) => row(name, summary, width, 16))].join("\n"),
    [
      "Options:",
      row("--help", "show this text, or that of a command: tedi train --help", width, 16),
      row("--version", "show the version", width, 16),
    ].join("\n"),
    [
      "Examples:",
      "  tedi train --setting U-1-2",
      `      ${
        wrap(`learn to sell 2 goods to 1 buyer: ${DEFAULT_RUN_TIME}, and close to the known optimum`, 6, width)
      }`,
      "  tedi evaluate runs/U-1-2-cp0-cd0-seed0",
      `      ${wrap("measure what was learned", 6, width)}`,
    ].join("\n"),
    wrap("Exit codes: 0 done, 1 the machine or the program failed, 2 wrong input, 130 stopped by Ctrl-C.", 0, width),
  ].join("\n\n");
}

/** Whether a command line asks for results as JSON. */
function wantsJson(args: readonly string[]): boolean {
  const own = args.includes("--") ? args.slice(0, args.indexOf("--")) : args;
  return own.includes("--json");
}

/** Says what went wrong, on stderr and, under --json, as an object on stdout; gives the exit code. */
function report(error: unknown, json: boolean): number {
  if (error instanceof Deno.errors.BrokenPipe) return BROKEN_PIPE; // `tedi ... | head` has read enough.
  const debug = debugging();
  const known = error instanceof InvalidInputError || error instanceof MachineError;
  const message = error instanceof Error ? error.message : String(error);
  const label = colour(Deno.stderr, "red", "error:");
  if (known) writeStderr(`${label} ${message}\n`);
  else {
    const name = error instanceof Error ? error.name : "error";
    const hint = debug ? "" : "; TEDI_DEBUG=1 shows where";
    writeStderr(`${label} this was not expected: ${name}: ${message}${hint}\n`);
  }
  if (debug && error instanceof Error) {
    writeStderr(`${error.stack}\n${error.cause ? `caused by ${error.cause}\n` : ""}`);
  }
  const exitCode = error instanceof InvalidInputError ? 2 : 1;
  if (json) {
    const kind = error instanceof InvalidInputError ? "input" : known ? "machine" : "program";
    try {
      openOutput({ json }).event("error", { kind, message, exitCode });
    } catch {
      // Stderr has it, and the exit code tells.
    }
  }
  return exitCode;
}

function debugging(): boolean {
  try {
    return Deno.env.get("TEDI_DEBUG") === "1";
  } catch {
    return false; // no permission to read the environment
  }
}
