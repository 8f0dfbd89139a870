import { assert, assertEquals, assertThrows } from "@std/assert";
import type { Option } from "../../src/cli/command.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import { InvalidInputError } from "../../src/errors.ts";

const options = [
  { name: "size", kind: "integer", help: "" },
  { name: "seed", kind: "integer", least: 0, help: "" },
  { name: "rate", kind: "number", help: "" },
  { name: "hidden", kind: "integers", help: "" },
  { name: "boundary", kind: "choice", choices: ["reflect", "project"], help: "" },
  { name: "types", kind: "text", help: "" },
  { name: "json", kind: "flag", help: "" },
] as const satisfies readonly Option[];
const FILE = [{ name: "FILE", help: "" }];

Deno.test("a command line gives typed values of what was given, and nothing else", () => {
  const { values, positionals } = parseCommandLine(
    "x",
    options,
    FILE,
    ["a b", "--size", "-3", "--rate=1e-3", "--hidden", "64, 32", "--boundary", "project", "--types", "-", "--json"],
  );
  assertEquals(positionals, ["a b"]);
  assertEquals(values, { size: -3, rate: 1e-3, hidden: [64, 32], boundary: "project", types: "-", json: true });
  assertEquals(parseCommandLine("x", options, [], []).values, {});
});

Deno.test("after -- and where numbers are arguments, they stay as they are", () => {
  assertEquals(parseCommandLine("x", options, FILE, ["--", "--size"]).positionals, ["--size"]);
  assertEquals(parseCommandLine("x", options, FILE, ["007"]).positionals, ["007"]);
});

const mistakes: readonly (readonly [string[], string])[] = [
  [["--sise", "3"], "there is no option --sise; did you mean --size?"],
  [["--no-json"], "there is no option --no-json"],
  [["--no-siz"], "there is no option --no-siz"],
  [["-q"], "there is no option -q"],
  [["--__proto__", "3"], "there is no option --__proto__"],
  [["--size"], "--size needs a value"],
  [["--size", "--json"], "--size needs a value"],
  [["--size", "3x"], '--size must be an integer, got "3x"'],
  [["--size", ""], '--size must be an integer, got ""'],
  [["--size", "1.5"], '--size must be an integer, got "1.5"'],
  [["--size", "0x10"], "--size must be an integer"],
  [["--seed", "-1"], "--seed must be a non-negative integer, got -1"],
  [["--seed", "9007199254740993"], "--seed must be a non-negative integer"],
  [["--rate", "NaN"], '--rate must be a number, got "NaN"'],
  [["--rate", "Infinity"], "--rate must be a number"],
  [["--hidden", "64,,32"], "--hidden must be integers with commas"],
  [["--boundary", "bounce"], '--boundary must be one of reflect, project, got "bounce"'],
  [["--types="], "--types must be a text that is not empty"],
  [["--json=yes"], '--json takes no value, got "yes"'],
  [["a", "b"], 'there is no place for the argument "b"'],
  [[], "the argument FILE is missing"],
  [[""], "FILE must not be empty"],
];

Deno.test("every mistake on a command line is named", async (t) => {
  for (const [args, message] of mistakes) {
    await t.step(args.join(" ") || "nothing", () => {
      const wanted = args.length === 0 || args[0] === "a" || args[0] === "" ? FILE : [];
      const error = assertThrows(() => parseCommandLine("x", options, wanted, args), InvalidInputError) as Error;
      assert(error.message.startsWith("Cannot run tedi x: ") && error.message.includes(message), error.message);
    });
  }
});

Deno.test("an option that has been renamed is read under both names, called by both, and given once", () => {
  const renamed = options.map((option) => option.name === "boundary" ? { ...option, formerly: "wall" } : option);
  const parse = (...args: string[]) => parseCommandLine("x", renamed, FILE, [...args, "f"]);
  for (const args of [["--wall", "project"], ["--wall=project"], ["--boundary", "project"]]) {
    assertEquals(parse(...args).values, { boundary: "project" });
  }
  assertEquals(parseCommandLine("x", renamed, FILE, ["--", "--wall"]).positionals, ["--wall"]);
  const refused = (words: string, ...args: string[]) => {
    const { message } = assertThrows(() => parse(...args), InvalidInputError) as Error;
    assert(message.startsWith(`Cannot run tedi x: ${words}`), message);
  };
  const both = "--boundary (formerly --wall)";
  refused(`${both} must be one of reflect, project, got "bounce"`, "--wall", "bounce");
  refused(`${both} needs a value`, "--wall", "--json");
  refused("--boundary must be one of reflect, project", "--boundary", "bounce");
  for (const args of [["--wall=project", "--boundary=project"], ["--boundary", "reflect", "--wall", "project"]]) {
    refused("--boundary and --wall, its former name, exclude each other", ...args);
  }
  refused("there is no option --undefined", "--undefined", "3");
  refused("there is no option --undefined", "--undefined=3");
});
