/**
 * The parts of pages that say in words what a run is, be it under way or done.
 *
 * @module
 */
import { escapeMarkup } from "../display.ts";
import type { MechanismProblem } from "../problems/problem.ts";
import { referenceMechanisms, shareInWords } from "../problems/reference_mechanisms.ts";
import { VERSION } from "../version.ts";
import type { Chart } from "./chart.ts";
import type { StartedRun } from "./data.ts";
import { figures } from "./html.ts";

/** A name and what is to be said of it. */
export type Fact = [name: string, text: string];

/** What is known of a problem, beside the revenue that was reached, if it is known. */
export function knownValues(problem: MechanismProblem, revenue?: number): Fact[] {
  const { optimum, separable, paperTedi } = referenceMechanisms(problem), facts: Fact[] = [];
  const add = (name: string, value: number, words: string) => {
    const share = revenue === undefined ? "" : shareInWords(value, revenue);
    facts.push([name, `${value.toFixed(4)}, ${words}${share && `; the ${share}`}`]);
  };
  if (optimum) add(optimum.proved ? "Known optimum" : "Conjectured optimum", optimum.value, optimum.name);
  if (separable !== undefined) add("Item-wise optimum", separable, "the best that sells each good by itself");
  if (paperTedi !== undefined) add("TEDI in the paper", paperTedi, "Table 1");
  return facts;
}

/** Facts as a list. */
export function factList(facts: readonly Fact[]): string {
  const list = facts.map(([name, text]) => `<div><dt>${escapeMarkup(name)}</dt><dd>${escapeMarkup(text)}</dd></div>`);
  return `<dl>\n${list.join("\n")}\n</dl>`;
}

/** A command line to copy. It breaks between words, and not after the hyphens of an option. */
export function commandBlock(command: string): string {
  return `<pre><code>${command.split(" ").map((word) => `<span>${escapeMarkup(word)}</span>`).join(" ")}</code></pre>`;
}

/** How to get a run again. */
export function again({ version, command }: StartedRun): string {
  const other = version === VERSION ? "" : ` (this page was made by version ${VERSION})`;
  return `<p class="note">To get it again, with version ${escapeMarkup(version)} of tedi${escapeMarkup(other)}:</p>
${commandBlock(command)}
`;
}

/** The curves of training. */
export function trainingSection(charts: readonly Chart[], nothing: string): string {
  const content = charts.length > 0 ? figures(charts) : `<p>${escapeMarkup(nothing)}</p>`;
  return `<section>\n<h2>Training</h2>\n${content}\n</section>`;
}
