import { assert, assertStringIncludes } from "@std/assert";
import { type Cell, type CellKey, readCell } from "../../src/experiments/cells.ts";
import { summarize } from "../../src/experiments/tables.ts";
import { unitTableColumns } from "../../src/experiments/unit_table.ts";
import { ROOT } from "../root.ts";

Deno.test("the guide to goods that exist once has the figures of the cells that are committed", async () => {
  const folder = new URL("results/table-unit", ROOT).pathname, cells: Cell[] = [];
  for (const { name } of Deno.readDirSync(folder)) {
    const { setting, method, budget, seed, testProfiles } = JSON.parse(
      Deno.readTextFileSync(`${folder}/${name}`),
    ) as CellKey;
    const cell = await readCell(folder, { setting, method, budget, seed, testProfiles });
    if (!cell) throw new Error(`${name} must be under the name of its cell`);
    assert(cell.worstGap < 1e-6 || cell.regret !== undefined, `${name} is certified, or its regret is measured`);
    cells.push(cell);
  }
  const guide = Deno.readTextFileSync(new URL("docs/unit_supply.md", ROOT)), rows = guide.split("\n");
  for (const { setting, method, revenue, standardError } of summarize(cells)) {
    const own = rows.filter((line) => line.startsWith(`| \`${setting}\``)).join("\n");
    assertStringIncludes(own, `${revenue.toFixed(4)} ±${standardError.toFixed(4)}`, `${method}, ${setting}`);
  }
  for (const { problem, published } of unitTableColumns) {
    const row = rows.find((line) => line.startsWith(`| \`${problem().name}\``)) ?? "";
    for (const value of Object.values(published)) assertStringIncludes(row, value.toFixed(4));
    assert(
      summarize(cells).some(({ setting, method, revenue }) =>
        setting === problem().name && method === "TEDI-AMA" &&
        Object.values(published).every((value) => revenue > value)
      ),
    );
  }
});
