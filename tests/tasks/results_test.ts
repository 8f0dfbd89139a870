/** Tables in the texts are those of the cells, and tables that are not are found. */
import { assert, assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { type Cell, cellPath, writeCell } from "../../src/experiments/cells.ts";
import { CELLS, makeTables, readCells, TEXTS, withTables } from "../../tasks/results.ts";
import { resultTables } from "../../tasks/results/tables.ts";
import { deno, ROOT } from "../root.ts";

const CELL: Cell = {
  ...{ setting: "U_{3,2}^{1,0}", method: "TEDI", budget: "standard", seed: 0, testProfiles: 1000 },
  ...{ revenue: 0.28, standardError: 0.001, worstGap: 1e-9, seconds: 12, evaluationSeconds: 1, version: "0" },
  ...{ device: "wasm", command: "tedi table1" },
  paperPassed: { start: 0, iteration: 100, seconds: 4, revenue: 0.27, standardError: 0.01 },
};
const seeds = (cell: Cell, revenues: readonly number[]) =>
  revenues.map((revenue, seed) => ({ ...cell, revenue, seed }));

Deno.test("tables of the texts are made from the cells that are committed", async () => {
  assertEquals(await makeTables(ROOT.pathname, true), []);
  const cells = await readCells(`${ROOT.pathname}/${CELLS}`);
  assert(cells.length >= 40, `${cells.length} cells`);
  const markers = TEXTS.flatMap((name) =>
    [...Deno.readTextFileSync(new URL(name, ROOT)).matchAll(/<!-- table: (.*) -->/g)].map(([, table]) => table)
  );
  for (const table of ["reached", "tedi-standard", "classical", "battery"]) assert(markers.includes(table), table);
});

Deno.test("a text with another figure is found by its name, and mended", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${folder}/${CELLS}`, { recursive: true });
    for (const cell of seeds(CELL, [0.28, 0.282])) await writeCell(`${folder}/${CELLS}`, cell);
    for (const name of TEXTS) {
      await Deno.writeTextFile(`${folder}/${name}`, "before\n\n<!-- table: tedi-standard -->\n<!-- end -->\n\nafter\n");
    }
    assertEquals(await makeTables(folder, true), [...TEXTS]);
    assertEquals(await makeTables(folder, false), [...TEXTS]);
    assertEquals(await makeTables(folder, true), []);
    const path = `${folder}/README.md`, text = await Deno.readTextFile(path);
    assert(text.startsWith("before\n\n<!--") && text.endsWith("<!-- end -->\n\nafter\n"), text);
    await Deno.writeTextFile(path, text.replace("0.2810", "0.2910"));
    assertEquals(await makeTables(folder, true), ["README.md"]);
    await deno(["fmt", "--check", path.replace("README", "EXPERIMENTS")]); // as the project's texts are
    const other = { ...CELL, seed: 5 };
    await Deno.writeTextFile(cellPath(`${folder}/${CELLS}`, other), JSON.stringify(CELL)); // under another seed's name
    await assertRejects(() => makeTables(folder, true), InvalidInputError, "must be a cell, under the name of a cell");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("rows have means over seeds, in bold where beyond doubt, beside the paper's", () => {
  const table = (name: string, cells: readonly Cell[]) => withTables(`<!-- table: ${name} -->\n<!-- end -->`, cells);
  const three = table("tedi-standard", seeds(CELL, [0.279, 0.281, 0.283]));
  assertStringIncludes(three, "| `U_{3,2}^{1,0}` | **0.2810 ±0.0006**; seeds ±0.0020 |     3 |       0.2678 |");
  assertStringIncludes(three, "0.2748 (MD-GemNet) |      12 |                  4 |");
  const unsure = table("tedi-standard", seeds({ ...CELL, paperPassed: undefined }, [0.267, 0.283]));
  assertStringIncludes(unsure, "| 0.2750 ±0.0007; seeds ±0.0113 |");
  assertStringIncludes(unsure, "0 of 2 seeds |");
  // Of a seed that was measured twice, the measurement with more profiles counts; other budgets do not.
  const more = [CELL, { ...CELL, revenue: 0.3, testProfiles: 2000 }, { ...CELL, revenue: 0.4, budget: "quick" }];
  assertStringIncludes(table("tedi-standard", more), "**0.3000 ±0.0010** |     1 |");
  assertStringIncludes(table("reached", [CELL]), "| `U_{3,2}^{1,0}` | **0.2800 ±0.0010** |");
  const regret = { ...CELL, method: "MD-RegretNet", regret: 0.001, auditedRegret: 0.002 };
  assertStringIncludes(
    table("baselines-standard", [regret]),
    "0.2800 ±0.0010; regret 0.0010, 0.0020 by the audit |     1 | 0.4053, regret 0.0507 |",
  );
  for (const name of Object.keys(resultTables)) {
    if (name !== "classical") assertStringIncludes(table(name, []), "_No cells yet._", name);
  }
});

Deno.test("a marker that is none is refused", () => {
  assertThrows(
    () => withTables("<!-- table: other -->\n<!-- end -->", []),
    InvalidInputError,
    "a table must be one of reached, tedi-standard, tedi-quick, printed-standard, classical, baselines-standard, ablations-standard, " +
      'ablations-quick, battery, unit, unit-baselines, got "other"',
  );
  for (const rest of ["", "\n<!-- table: reached -->\n<!-- end -->"]) {
    assertThrows(
      () => withTables(`<!-- table: classical -->\n${rest}`, []),
      InvalidInputError,
      "classical must end with",
    );
  }
});
