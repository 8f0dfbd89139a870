/**
 * Writes tasks/examples/software_survey.csv: what 2,400 made-up customers would pay for three programs, in euros.
 *
 * Seven of ten need one of the programs for their work and have little use for the others; the rest do a little of
 * everything. `--check` only compares.
 *
 *     deno run --allow-read --allow-write tasks/example_survey.ts
 *
 * @module
 */
import { deriveKey, randomKey } from "../src/random/key.ts";
import { normals, uniforms } from "../src/random/numbers.ts";

const CUSTOMERS = 2400, PROGRAMS = ["writing", "drawing", "music"];
/** What a program is typically worth to those who need it for their work. */
const TYPICAL = [100, 80, 60];
/** The shares of customers who work with each program; the others do a little of everything. */
const PROFESSIONALS = [0.25, 0.25, 0.2];
/** What the programs that one does not work with are worth, as a share, if one has any use for them. */
const LITTLE = 0.2, NO_USE = 0.4;
/** What every program is worth to those who do a little of everything, as a share. */
const EVERYTHING = 0.8;

/** The table, a line for each customer. */
export function surveyText(): string {
  const goods = PROGRAMS.length, key = (stream: number) => deriveKey(randomKey(0), stream);
  const who = uniforms(key(1), CUSTOMERS), use = uniforms(key(2), CUSTOMERS * goods);
  const spread = normals(key(3), CUSTOMERS * goods);
  const lines = Array.from(who, (u, k) => {
    let work = 0;
    for (let sum = PROFESSIONALS[0]; work < goods && u >= sum; work++) sum += PROFESSIONALS[work + 1] ?? 0;
    const values = TYPICAL.map((typical, j) => {
      const at = k * goods + j;
      if (work === j || work === goods) {
        return typical * (work === j ? 1 : EVERYTHING) * Math.exp(0.3 * spread[at]);
      }
      return use[at] < NO_USE ? 0 : typical * LITTLE * Math.exp(0.6 * spread[at]);
    });
    return [k + 1, ...values.map((value) => value.toFixed(0))].join(",");
  });
  return `${["customer", ...PROGRAMS].join(",")}\n${lines.join("\n")}\n`;
}

if (import.meta.main) {
  const file = new URL("examples/software_survey.csv", import.meta.url), text = surveyText();
  if (!Deno.args.includes("--check")) Deno.writeTextFileSync(file, text);
  else if (Deno.readTextFileSync(file) !== text) {
    console.error("tasks/examples/software_survey.csv is not what tasks/example_survey.ts makes");
    Deno.exit(1);
  }
}
