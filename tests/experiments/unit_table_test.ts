import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { runCells } from "../../src/experiments/run_cells.ts";
import {
  unitCellCommand,
  unitTableColumns,
  unitTableMarkdown,
  unitTableMethods,
} from "../../src/experiments/unit_table.ts";
import { openDevice } from "../../src/runtime/device.ts";
import { tedi } from "../cli/tedi.ts";

Deno.test("cells of goods that exist once are run, kept, and shown beside what is published", async () => {
  const folder = await Deno.makeTempDir(), device = await openDevice({ backend: "wasm" });
  const work = {
    settings: unitTableColumns.filter(({ slug }) => ["U-2-5-unit", "exponential"].includes(slug)).map((column) =>
      column.problem()
    ),
    methods: unitTableMethods.filter(({ name }) => /Myerson|VCG/.test(name)),
    ...{ seeds: [0], budget: "quick", testProfiles: 2000, folder, command: unitCellCommand } as const,
  };
  try {
    const cells = await runCells(work, device);
    assertEquals(cells.map(({ method }) => method), [
      ...["VCG", "Item-wise-Myerson", "Bundle-Myerson"],
      ...["VCG", "Item-wise-Myerson"], // one good is a bundle
    ]);
    const [vcg, myerson] = cells;
    assert(Math.abs(vcg.revenue - 5 / 3) < 5 * vcg.standardError);
    assert(Math.abs(myerson.revenue - 25 / 12) < 5 * myerson.standardError);
    assertEquals(
      cells[3].command,
      "tedi table-unit --columns exponential --methods VCG --seeds 0 --budget quick --test-profiles 2000",
    );
    const again = await runCells(work, device);
    assertEquals(again.map(({ seconds }) => seconds), cells.map(({ seconds }) => seconds)); // kept
    const table = unitTableMarkdown(cells);
    assertStringIncludes(table, "| AMenuNet, published | 2.2768 | 2.7382 |  |");
    assertStringIncludes(table, "| optimum |  | 2.7490 |  |");
  } finally {
    device.close();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("table-unit refuses what is not in it before any work", async () => {
  for (
    const [args, message] of [
      [["--methods", "TEDI"], "--methods must be of TEDI-AMA, "],
      [["--columns", "U-2-2"], '--columns must be of goods that exist once, got "U-2-2"'],
      [["--seeds", "-1"], "--seeds must be integers"],
    ] as const
  ) {
    const { code, stderr } = await tedi(["table-unit", ...args]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, message);
  }
});
