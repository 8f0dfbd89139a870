/**
 * Help texts, made from what a command is.
 *
 * @module
 */
import type { Command, Option, Positional } from "./command.ts";

/** The column at which explanations start. */
const INDENT = 30;

/** The width of the terminal, within what is good to read. */
export function helpWidth(): number {
  if (!Deno.stdout.isTerminal()) return 80;
  return Math.max(60, Math.min(100, Deno.consoleSize().columns || 80)); // Some terminals do not know theirs: 0.
}

/** The help text of a command. */
export function commandHelp(command: Command, width: number): string {
  const { name, positionals, groups, examples } = command;
  const usage = ["tedi", name, ...positionals.map(placeOf), "[OPTIONS]"].join(" ");
  const sections = [
    command.description.split("\n\n").map((part) => wrap(part, 0, width)).join("\n\n"),
    `Usage: ${usage}`,
  ];
  if (positionals.length > 0) {
    sections.push(["Arguments:", ...positionals.map(({ name, help }) => row(name, help, width))].join("\n"));
  }
  for (const { heading, options } of groups) {
    sections.push([`${heading}:`, ...options.map((option) => row(left(option), right(option), width))].join("\n"));
  }
  sections.push(
    ["Examples:", ...examples.map(({ line, help }) => `  ${line}\n      ${wrap(help, 6, width)}`)].join("\n"),
  );
  return sections.join("\n\n");
}

/** An argument as the usage line has it. */
function placeOf({ name, repeats, optional }: Positional): string {
  if (optional) return `[${name}]`;
  return repeats ? `${name} [${name}...]` : name;
}

/** `  left    right`, the right side wrapped and aligned. */
export function row(left: string, right: string, width: number, indent: number = INDENT): string {
  const text = wrap(right, indent, width);
  const start = `  ${left}`;
  return start.length <= indent - 2 ? start.padEnd(indent) + text : `${start}\n${" ".repeat(indent)}${text}`;
}

function left({ name, kind, placeholder, choices }: Option): string {
  if (kind === "flag") return `--${name}`;
  return `--${name} ${placeholder ?? (kind === "boolean" ? "yes|no" : choices?.join("|"))}`;
}

function right(option: Option): string {
  return option.help + (option.default === undefined ? "" : ` [${option.default}]`);
}

/** Breaks a text between words; all lines but the first are indented. */
export function wrap(text: string, indent: number, width: number): string {
  const lines: string[] = [""];
  for (const word of text.split(/\s+/)) {
    const line = lines[lines.length - 1];
    if (line !== "" && indent + line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines.join(`\n${" ".repeat(indent)}`);
}
