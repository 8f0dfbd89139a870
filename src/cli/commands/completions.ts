/**
 * `tedi completions`: a script that completes command lines in a shell.
 *
 * @module
 */
import { InvalidInputError, show } from "../../errors.ts";
import type { Command } from "../command.ts";
import { completionScript, type Shell, SHELLS } from "../completions.ts";
import { parseCommandLine } from "../options.ts";
import { writeStdout } from "../output.ts";

const shellArgument = { name: "SHELL", help: `The shell: ${SHELLS.join(", ")}` };

/** What is known of each command before it loads. */
type Commands = Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>>;

/** `tedi completions`, of all commands. */
export function completionsCommand(commands: Commands): Command {
  return {
    name: "completions",
    description: "Prints a script for a shell, with which the tab key completes commands, options and choices of tedi.",
    positionals: [shellArgument],
    groups: [],
    examples: [
      { line: "tedi completions bash >> ~/.bashrc", help: "for all bash shells to come" },
      { line: "tedi completions zsh >> ~/.zshrc", help: "for zsh" },
      { line: "tedi completions fish > ~/.config/fish/completions/tedi.fish", help: "for fish" },
    ],
    async run(args) {
      const { positionals: [shell] } = parseCommandLine("completions", [], [shellArgument], args);
      if (!SHELLS.includes(shell as Shell)) {
        throw new InvalidInputError(
          `Cannot run tedi completions: SHELL must be one of ${SHELLS.join(", ")}, got ${show(shell)}`,
        );
      }
      const all = await Promise.all(
        Object.values(commands).map(async ({ summary, load }) => ({ summary, command: await load() })),
      );
      writeStdout(completionScript(shell as Shell, all));
      return 0;
    },
  };
}
