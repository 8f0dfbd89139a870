/**
 * `tedi playground`: a page on which a mechanism runs in a browser.
 *
 * @module
 */
import { attempt, writeInto } from "../../io/atomic.ts";
import { decodeMechanism } from "../../io/mechanism_file.ts";
import { requireMenuMechanism } from "../../io/mechanism_kinds.ts";
import { readRegularFile } from "../../io/read.ts";
import { playgroundPage } from "../../playground/page.ts";
import type { Command, Option, Positional } from "../command.ts";
import { findMechanism, mechanismArgument } from "../mechanism_argument.ts";
import { parseCommandLine, requireHtmlName } from "../options.ts";
import { openOutput } from "../output.ts";

const argument: Positional = {
  ...mechanismArgument,
  help: `${mechanismArgument.help}; the page shows it at once. Without one it waits until a file is opened`,
  optional: true,
};

const options = [
  {
    name: "out",
    kind: "text",
    placeholder: "FILE.html",
    help: "Where the page goes, replacing what is there; folders on the way are made",
    default: "playground.html in the run folder, or beside the file",
  },
  { name: "json", kind: "flag", help: "Write what was made to stdout as one line of JSON" },
] as const satisfies readonly Option[];

/** `tedi playground`. */
export const playgroundCommand: Command = {
  name: "playground",
  description:
    "Makes a page on which a mechanism runs: move the participants' types, and see at once who gets what, for " +
    "which payment, and what any other report would bring. The mechanism runs in the browser, by the same code as " +
    "tedi run. The page is one file that loads nothing, and opens other mechanism files, too.",
  positionals: [argument],
  groups: [{ heading: "Playground", options }],
  examples: [
    { line: "tedi playground runs/U-3-2-cp1-cd0-seed0", help: "writes playground.html to the run folder" },
    { line: "tedi playground --out empty.html", help: "a page on which to open any mechanism file of TEDI" },
  ],
  async run(args) {
    const { values, positionals: [given] } = parseCommandLine("playground", options, [argument], args);
    requireHtmlName("make a playground", values.out);
    const found = given === undefined ? undefined : await findMechanism(given);
    const mechanism = found && await readMechanism(found.file);
    const folder = found?.folder ? `${found.folder}/` : found?.file.replace(/[^/\\]*$/, "") ?? "";
    const out = values.out ?? `${folder}playground.html`;
    await writeInto(out, await playgroundPage(mechanism));
    const output = openOutput(values);
    output.event("playground", { out, ...mechanism && { mechanism: found.file, problem: mechanism.problem } });
    output.text(out);
    return 0;
  },
};

/** The bytes of a mechanism file, which are those of one. */
async function readMechanism(file: string) {
  const bytes = await attempt(`read mechanism ${file}`, () => readRegularFile(file));
  const mechanism = await decodeMechanism(bytes, file);
  requireMenuMechanism(`make a playground of ${file}`, mechanism);
  return { bytes, problem: mechanism.problem, name: file.replace(/^.*[/\\]/, "") };
}
