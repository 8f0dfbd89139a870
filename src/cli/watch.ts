/**
 * `tedi train --watch`: serves a page that shows training while it goes on, and its report at the end.
 *
 * @module
 */
import { loadVega } from "../deps/vega.ts";
import { InvalidInputError, MachineError } from "../errors.ts";
import { writeFileAtomic } from "../io/atomic.ts";
import type { PricedMechanism } from "../mechanisms/audit/prices.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { parseMetrics, type ReportedRun, viewMechanism } from "../report/data.ts";
import { livePage, type Stage, withStage } from "../report/live_page.ts";
import { makeReport } from "../report/page.ts";
import type { Option, Values } from "./command.ts";
import { openLiveServer } from "./live_server.ts";
import type { Output } from "./output.ts";
import { type AnyRunConfig, startedRun } from "./started_run.ts";

/** The options of watching. */
export const watchOptions = [
  {
    name: "watch",
    kind: "flag",
    help:
      "Show the training, while it goes on, on a page for browsers on this machine; at the end it becomes the report",
  },
  {
    name: "port",
    kind: "integer",
    least: 0,
    placeholder: "N",
    help: "The port of that page on 127.0.0.1; 0: any free one",
    default: "0",
  },
] as const satisfies readonly Option[];

/** What was measured of a run, as its report shows it. */
export type EvaluatedRun = Pick<ReportedRun, "evaluation" | "references" | "comparison" | "remarks">;

/** Shows a run to whoever has its page open. */
export interface Watch {
  /** Where the page is. */
  readonly address: string;
  /** Shows a run whose metrics are in a folder, from now on. */
  begin(folder: string, problem: MechanismProblem, config: AnyRunConfig): void;
  /** Says what goes on. */
  stage(stage: Stage): void;
  /** Writes the report of the run, and shows it; gives its path. */
  report(mechanism: PricedMechanism, evaluated: EvaluatedRun, stage: Stage): Promise<string>;
  /** Ends, once open pages have the last state. Harmless when repeated. */
  end(): Promise<void>;
}

const MOST_PORT = 65535;

/**
 * Opens the page of a run that is about to begin, if the command line asks for one.
 *
 * @throws {InvalidInputError} for a port that cannot be, or without --watch.
 * @throws {MachineError} where the port is taken, or the permission is missing.
 */
export async function openWatch(
  { watch = false, port }: Values<typeof watchOptions[number]>,
  output: Output,
): Promise<Watch | undefined> {
  if (port !== undefined && port > MOST_PORT) {
    throw new InvalidInputError(`Cannot run tedi train: --port must be an integer from 0 to ${MOST_PORT}, got ${port}`);
  }
  if (port !== undefined && !watch) throw new InvalidInputError("Cannot run tedi train: --port needs --watch");
  if (!watch) return undefined;

  const server = await openLiveServer(port ?? 0, output.warn);
  await loadVega(); // not while training goes on
  let run: { folder: string; problem: MechanismProblem; config: AnyRunConfig } | undefined;
  const state = ({ folder, problem, config }: NonNullable<typeof run>) => ({
    ...startedRun(folder, folder, problem, config),
    ...parseMetrics(readMetricsNow(folder), folder, config.training.profiles),
  });
  const stage = (stage: Stage): void => {
    // Not `async` all the way: what is read and drawn is of one moment, with no iteration of training in between.
    if (run) server.show(async () => await livePage(state(run!), run!.config.training.iterations, stage));
  };
  return {
    address: server.address,
    stage,
    begin(folder, problem, config) {
      run = { folder, problem, config };
      stage({ words: "Training. This page keeps up." });
    },
    async report(mechanism, evaluated, stage) {
      const { folder, problem, config } = run!, path = `${folder}/report.html`;
      const { seed } = config.training, { profiles } = evaluated.evaluation;
      const view = await viewMechanism(problem, mechanism, { seed, profiles });
      const { html } = await makeReport([{ ...state(run!), ...evaluated, mechanism: view }]);
      await writeFileAtomic(path, html);
      server.show(() => Promise.resolve(withStage(html, stage)));
      return path;
    },
    end: server.end,
  };
}

/** The text of the metrics so far; that of no file is empty. At once, so that training does not come in between. */
function readMetricsNow(folder: string): string {
  const path = `${folder}/metrics.jsonl`;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw new MachineError(`Cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}
