/**
 * Scripts that complete `tedi` command lines in a shell, made from what the commands are.
 *
 * @module
 */
import type { Command } from "./command.ts";

/** The shells that there are scripts for. */
export const SHELLS = ["bash", "zsh", "fish"] as const;

/** A shell that there is a script for. */
export type Shell = typeof SHELLS[number];

/** A command and its line of the help text. */
export interface Completed {
  readonly command: Command;
  readonly summary: string;
}

/** The script of a shell. Words that are no option or choice are completed as files. */
export function completionScript(shell: Shell, commands: readonly Completed[]): string {
  return shell === "fish" ? fishScript(commands) : shell === "bash" ? bashScript(commands) : zshScript(commands);
}

/** Every option of a command, with `--help`. */
function optionsOf({ groups }: Command) {
  const help = { name: "help", help: "Show the help text", kind: "flag", choices: undefined };
  return [...groups.flatMap(({ options }) => options), help];
}

function bashScript(commands: readonly Completed[]): string {
  const names = commands.map(({ command }) => command.name).join(" ");
  const cases = commands.map(({ command }) => {
    const all = optionsOf(command), choosing = all.filter(({ choices }) => choices);
    const values = choosing.map(({ name, choices }) => `--${name}) words="${choices!.join(" ")}" ;;`);
    return [
      `    ${command.name})`,
      `      words="${all.map(({ name }) => `--${name}`).join(" ")}"`,
      ...values.length > 0 ? [`      case "$before" in ${values.join(" ")} esac`] : [],
      "      ;;",
    ].join("\n");
  });
  return `# Completions of tedi for bash: eval "$(tedi completions bash)"
_tedi() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${names} --help --version" -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
complete -o default -F _tedi tedi
`;
}

/** zsh reads the functions of bash, once told to. */
function zshScript(commands: readonly Completed[]): string {
  const script = bashScript(commands).replace(/^#.*\n/, "");
  return `# Completions of tedi for zsh: eval "$(tedi completions zsh)"
autoload -Uz compinit bashcompinit
(( $+functions[compdef] )) || compinit
bashcompinit
${script}`;
}

/** A text in single quotes, on one line. */
function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function fishScript(commands: readonly Completed[]): string {
  const lines = commands.flatMap(({ command, summary }) => {
    const here = `complete -c tedi -n '__fish_seen_subcommand_from ${command.name}'`;
    return [
      `complete -c tedi -f -n __fish_use_subcommand -a ${command.name} -d ${quoted(summary)}`,
      ...optionsOf(command).map(({ name, help, kind, choices }) =>
        [
          `${here} -l ${name}`,
          choices ? `-x -a ${quoted(choices.join(" "))}` : kind === "flag" ? "" : "-r",
          `-d ${quoted(help)}`,
        ].filter((part) => part !== "").join(" ")
      ),
    ];
  });
  return `# Completions of tedi for fish: tedi completions fish | source\n${lines.join("\n")}\n`;
}
