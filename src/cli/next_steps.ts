/**
 * Suggests what to run after a command that is done.
 *
 * @module
 */
import type { MechanismProblem } from "../problems/problem.ts";
import type { Output } from "./output.ts";

/** Words as one types them into a shell. */
export function shellLine(words: readonly string[]): string {
  return words.map((word) => /^[\w./:=,+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
}

/**
 * A command, with options before its run; where its problem is code, which no folder is trusted with, the command is
 * told it again.
 */
export function aboutRun(command: string, run: string, { source }: MechanismProblem): string {
  return shellLine([
    "tedi",
    ...command.split(" "),
    run,
    ...source.kind === "module" ? ["--problem", source.module] : [],
  ]);
}

/** Says on stderr what may come next, to people. */
export function sayNext(output: Output, commands: readonly string[]): void {
  if (output.json || commands.length === 0) return;
  output.log(["", `Next: ${commands[0]}`, ...commands.slice(1).map((command) => `      ${command}`)].join("\n"));
  output.log(`      (${whatTediIs()})`);
}

/** `tedi is deno run -A PATH`, or by npx: how those start it who have no command of that name. */
export function whatTediIs(): string {
  const { mainModule } = Deno, path = /^file:\/\/(\/[^%:]*)$/.exec(mainModule)?.[1];
  const deno = startedByNpx() ? `npx -y deno@${Deno.version.deno}` : "deno";
  return `tedi is ${deno} run -A ${shellLine([path ?? mainModule])}`;
}

/** Whether this process, or what started it, came by npx: then there need be no `deno` that one could type. */
function startedByNpx(): boolean {
  try {
    return Deno.env.get("npm_command") === "exec";
  } catch {
    return false; // no permission to read the environment
  }
}
