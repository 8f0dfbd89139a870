/**
 * `tedi settings`: the settings of the paper, and what is known about them.
 *
 * @module
 */
import { distributionFamily, distributionLetters } from "../../problems/distributions/table.ts";
import { referenceFields, referenceMechanisms } from "../../problems/reference_mechanisms.ts";
import { parseSetting, settingProblem, settingSlug } from "../../problems/settings.ts";
import { tableOneSettings } from "../../problems/table_one.ts";
import type { Command, Option } from "../command.ts";
import { helpWidth, wrap } from "../help.ts";
import { parseCommandLine } from "../options.ts";
import { openOutput } from "../output.ts";

const options = [
  { name: "json", kind: "flag", help: "Write a JSON object for each setting" },
] as const satisfies readonly Option[];

/** `tedi settings`. */
export const settingsCommand: Command = {
  name: "settings",
  description:
    "Lists the 13 settings of the paper's Table 1, with the principal's expected utility where it is known, " +
    "and explains how to name others.",
  positionals: [],
  groups: [{ heading: "Options", options }],
  examples: [
    { line: "tedi settings", help: "a table" },
    { line: "tedi train --setting U-3-10-cp1-cd0", help: "train one of them" },
  ],
  run(args) {
    const { values } = parseCommandLine("settings", options, [], args);
    const output = openOutput(values);
    const value = (number?: number): string => number === undefined ? "-" : number.toFixed(4);
    const rows = [["SETTING", "FOR A SHELL", "TYPES", "OPTIMUM ", "ITEM-WISE", "TEDI"]];
    for (const { setting: name } of tableOneSettings) {
      const setting = parseSetting(name), references = referenceMechanisms(settingProblem(setting));
      const { optimum, separable, paperTedi } = references, shellName = settingSlug(setting);
      const distribution = distributionFamily("list settings", setting.distribution).name;
      output.event("setting", { ...setting, setting: name, shellName, distribution, ...referenceFields(references) });
      const best = optimum && !optimum.proved ? `${value(optimum.value)}?` : `${value(optimum?.value)} `;
      rows.push([name, shellName, distribution, best, value(separable), value(paperTedi)]);
    }
    output.text(columns(rows));
    output.text(`\n${explanation(helpWidth())}`);
    return Promise.resolve(0);
  },
};

function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, j) => Math.max(...rows.map((row) => row[j].length)));
  return rows
    .map((row) => row.map((cell, j) => j < 3 ? cell.padEnd(widths[j]) : cell.padStart(widths[j])).join("  "))
    .join("\n");
}

function explanation(width: number): string {
  const paragraphs = [
    "OPTIMUM is the most that any truthful mechanism earns; ? marks what is conjectured, - what is not known. " +
    "ITEM-WISE is the most of those that sell each good by itself (Separable-OPT); TEDI what TEDI earns in the " +
    "paper's Table 1.",
    "A name F_{n,m}^{cp,cd}, or F-n-m-cpX-cdY for a shell, says: types are distributed as F, there are n " +
    "participants and m goods, the production cost is cp (paid once for a good that anybody gets) and the duplication " +
    "cost cd (paid for every unit handed out). Costs that are left out are 0. " +
    "F_{n,m}^{unit}, or F-n-m-unit, is an auction of goods that exist once.",
  ];
  const letters = distributionLetters.map((letter) => {
    const { name, description } = distributionFamily("list settings", letter);
    return `  ${letter}  ${wrap(`${name}: ${description}`, 5, width)}`;
  });
  const example = "Any sizes and costs will do: tedi train --setting U-2-3-cp0.5-cd0.1";
  return [...paragraphs.map((text) => wrap(text, 0, width)), letters.join("\n"), example].join("\n\n");
}
