/**
 * Tries what is lost where a process is killed, a disk is full, or a thread or a GPU dies: `deno task faults`, with
 * `--trials N` of each fault and `--seed N`. It prints a table of the faults. The exit code is 1 where finished work was
 * lost, or a result differs in one bit from that of an undisturbed run.
 */
import { parseArgs } from "@std/cli";
import { requireInteger } from "../src/errors.ts";
import { clockChange, fileLimit, fullDisk, twoBeginners, twoProcesses } from "./faults/folder.ts";
import { killedEvaluation, killedTable, killedTraining, staleLock } from "./faults/killed.ts";
import { type Fault, openLab } from "./faults/lab.ts";
import { deadThread, infiniteLoss, lostGpu } from "./faults/machine.ts";

/** All faults. */
export const FAULTS: readonly Fault[] = [
  ...[killedTraining, killedEvaluation, killedTable, staleLock, fullDisk, fileLimit, twoProcesses, twoBeginners],
  ...[clockChange, infiniteLoss, deadThread, lostGpu],
];

if (import.meta.main) {
  const args = parseArgs(Deno.args, { string: ["trials", "seed"] });
  const trials = Number(args.trials ?? 20), seed = Number(args.seed ?? 0);
  requireInteger("try faults", "--trials", trials, 1);
  requireInteger("try faults", "--seed", seed, 0);
  const lab = openLab(seed), rows: string[][] = [["fault", "trials", "in the middle", "lost or different", ""]];
  let broken = 0;
  try {
    for (const fault of FAULTS) {
      const reason = await fault.unavailable?.();
      if (reason !== undefined) {
        rows.push([fault.name, "-", "-", "-", `not tried: ${reason}`]);
        continue;
      }
      let struck = 0, bad = 0;
      for (let trial = 0; trial < trials; trial++) {
        const found = await fault.trial(lab);
        if (found.struck) struck++;
        if (found.broken.length > 0) bad++;
        for (const what of found.broken) console.error(`${fault.name}, trial ${trial + 1}: ${what}`);
      }
      console.error(`${fault.name}: ${trials} trials, ${bad === 0 ? "nothing lost" : `${bad} with losses`}`);
      broken += bad;
      rows.push([fault.name, String(trials), String(struck), bad === 0 ? "nothing" : `in ${bad} trials`, ""]);
    }
  } finally {
    lab.close();
  }
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  for (const row of rows) {
    console.log(row.map((cell, j) => j === 0 || j > 2 ? cell.padEnd(widths[j]) : cell.padStart(widths[j])).join("  "));
  }
  if (broken > 0) Deno.exit(1);
}
