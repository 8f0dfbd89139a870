/**
 * `tedi run`: reported types in, outcomes and payments out.
 *
 * @module
 */
import { count } from "../../display.ts";
import { InvalidInputError, MachineError, show } from "../../errors.ts";
import { loadMechanism } from "../../io/mechanism_file.ts";
import type { Mechanism, MechanismResult } from "../../mechanisms/mechanism.ts";
import { decodeText } from "../../problems/tables/decode.ts";
import { readTable } from "../../problems/tables/read_table.ts";
import type { TableOptions } from "../../problems/tables/table.ts";
import { parseTypeJson } from "../../problems/type_rows.ts";
import type { Command, Option } from "../command.ts";
import { setThreadCount } from "../../runtime/threads.ts";
import { threadsOption } from "../device_options.ts";
import { chosenTable, tableOptions } from "../table_options.ts";
import { findMechanism, mechanismArgument } from "../mechanism_argument.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput, writeStdout } from "../output.ts";

const formats = ["csv", "json"] as const;

const runOptions = [
  {
    name: "types",
    kind: "text",
    placeholder: "FILE|-",
    help: "Reported types in the mechanism's unit, from a file or, with -, from stdin. CSV: a row is a type profile, " +
      "participant 1's types of all goods first; a header is optional. JSON: [B][n][m], [B][n*m] or [n][m], or objects",
  },
  {
    name: "clip",
    kind: "flag",
    help: "Take reports above the largest type for that, where they are an error otherwise",
  },
  ...tableOptions,
  { name: "format", kind: "choice", choices: formats, help: "The form of the types", default: "by the file's ending" },
  { name: "out-format", kind: "choice", choices: formats, help: "The form of the result on stdout", default: "csv" },
  { name: "json", kind: "flag", help: "The same as --out-format json" },
  threadsOption,
] as const satisfies readonly Option[];

/** `tedi run`. */
export const runCommand: Command = {
  name: "run",
  description: "Runs a mechanism: reads the types that participants report, and writes what each gets and pays.\n\n" +
    "The result as CSV has a row for each participant of each profile: its outcome (the probability of getting each " +
    "good), its payment, and its utility if the report was true; as JSON it has a line for each profile.",
  positionals: [mechanismArgument],
  groups: [
    { heading: "Types and results", options: runOptions },
  ],
  examples: [
    { line: "tedi run runs/U-1-2-cp0-cd0-seed0 --types reports.csv", help: "a table of outcomes and payments" },
    { line: "echo '[[0.9, 0.2]]' | tedi run mine.safetensors --types - --format json --json", help: "in a pipe" },
  ],
  async run(args) {
    const { values, positionals } = parseCommandLine("run", runOptions, [mechanismArgument], args);
    const { types: source, json = false } = values;
    if (source === undefined) {
      throw new InvalidInputError("Cannot run tedi run: --types FILE must be given, but is missing; - is stdin");
    }
    if (json && values["out-format"] === "csv") {
      throw new InvalidInputError("Cannot run tedi run: --json and --out-format csv exclude each other");
    }
    const { file } = await findMechanism(positionals[0]);
    const mechanism = await loadMechanism(file);
    const { participants: n, goods: m } = mechanism;
    const format = values.format ?? (/\.jsonl?$/i.test(source) ? "json" : "csv");
    const reader = { ...chosenTable(values), clip: values.clip ?? false };
    const { types, kept } = await readTypes(
      await readBytes(source),
      format,
      mechanism,
      source === "-" ? "stdin" : show(source),
      reader,
    );
    setThreadCount(values.threads);
    const result = await mechanism.run(types);
    const numberOf = (profile: number) => kept?.[profile] ?? profile;
    if (json || values["out-format"] === "json") writeJson(result, n, m, numberOf);
    else writeCsv(result, n, m, numberOf);
    return 0;
  },
};

async function readTypes(
  bytes: Uint8Array<ArrayBuffer>,
  format: typeof formats[number],
  { participants: n, goods: m, units }: Mechanism,
  what: string,
  { clip, ...options }: TableOptions & { readonly clip: boolean },
): Promise<{ readonly types: Float32Array; readonly kept?: readonly number[] }> {
  const largest = units?.largest ?? 1, most = clip ? Number.MAX_VALUE : largest;
  const largestHelp =
    `; the mechanism was trained for values up to ${largest}${units?.name ? ` ${units.name}` : ""}: ` +
    "--clip takes larger ones for that";
  const text = format === "json" ? decodeText(bytes, what) : "";
  // Rows with names are read as tables.
  const asTable = format !== "json" || /^[\s[]*\{/.test(text);
  const table = asTable
    ? await readTable(bytes, { ...options, what, largest: most, largestHelp, allowed: allowedReports(n, m) })
    : undefined;
  const types = table?.values ?? parseTypeJson(text, n, m, what, most, largestHelp).values;
  if (table?.kept) openOutput({}).warn(`${table.notes.at(-1)}; profile tells the row in the table, from 0`);
  return { types: clip ? types.map((type) => Math.min(type, largest)) : types, ...table?.kept && { kept: table.kept } };
}

function allowedReports(n: number, m: number): Record<number, string> {
  return { [n * m]: n === 1 ? "one for each good" : `${n} participants' types of ${count(m, "good")}` };
}

async function readBytes(source: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return source === "-"
      ? new Uint8Array(await new Response(Deno.stdin.readable).arrayBuffer())
      : await Deno.readFile(source);
  } catch (cause) {
    const name = source === "-" ? "stdin" : show(source);
    if (cause instanceof Deno.errors.NotFound) {
      throw new InvalidInputError(`Cannot read types: the file must exist, got ${name}`, { cause });
    }
    throw new MachineError(`Cannot read types from ${name}: ${(cause as Error).message}`, { cause });
  }
}

/** Which row of the input a profile is. */
type NumberOf = (profile: number) => number;

function writeCsv(
  { profiles, outcomes, payments, utilities }: MechanismResult,
  n: number,
  m: number,
  numberOf: NumberOf,
): void {
  const goods = Array.from({ length: m }, (_, j) => `outcome_${j + 1}`);
  const lines = [["profile", "participant", ...goods, "payment", "utility"].join(",")];
  for (let row = 0; row < profiles * n; row++) {
    const outcome = outcomes.subarray(row * m, (row + 1) * m);
    lines.push([numberOf(Math.floor(row / n)), row % n + 1, ...outcome, payments[row], utilities[row]].join(","));
  }
  writeStdout(`${lines.join("\n")}\n`);
}

function writeJson(
  { profiles, outcomes, payments, utilities }: MechanismResult,
  n: number,
  m: number,
  numberOf: NumberOf,
): void {
  const output = openOutput({ json: true });
  for (let profile = 0; profile < profiles; profile++) {
    const rows = Array.from({ length: n }, (_, i) => profile * n + i);
    output.event("outcome", {
      profile: numberOf(profile),
      outcomes: rows.map((row) => [...outcomes.subarray(row * m, (row + 1) * m)]),
      payments: rows.map((row) => payments[row]),
      utilities: rows.map((row) => utilities[row]),
    });
  }
}
