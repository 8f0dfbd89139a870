/**
 * `tedi cite`: how to cite the paper and this software.
 *
 * @module
 */
import { citation, CITATION_FORMATS, paper, software } from "../citation.ts";
import type { Command, Option } from "../command.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput } from "../output.ts";

const options = [
  {
    name: "format",
    kind: "choice",
    choices: CITATION_FORMATS,
    help: "A text for people, BibTeX, or the Citation File Format",
    default: "text",
  },
  { name: "json", kind: "flag", help: "Write a JSON object with the text and what it is made of" },
] as const satisfies readonly Option[];

/** `tedi cite`. */
export const citeCommand: Command = {
  name: "cite",
  description: "Tells how to cite the paper whose method this is, and this software.",
  positionals: [],
  groups: [{ heading: "Options", options }],
  examples: [
    { line: "tedi cite", help: "a text for people" },
    { line: "tedi cite --format bibtex >> references.bib", help: "entries for BibTeX and BibLaTeX" },
  ],
  run(args) {
    const { values } = parseCommandLine("cite", options, [], args);
    const { format = "text" } = values, output = openOutput(values);
    output.text(citation(format));
    output.event("citation", { format, citation: citation(format), paper, software });
    return Promise.resolve(0);
  },
};
