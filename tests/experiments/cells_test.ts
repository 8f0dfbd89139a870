/** Cells are kept whole, found again, and not taken for others. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { separable } from "../../src/baselines/separable.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { type Cell, cellCommand, cellPath, readCell, writeCell } from "../../src/experiments/cells.ts";
import { ablationTraining, experimentMethods } from "../../src/experiments/methods.ts";
import { type ExperimentMethod, runCells } from "../../src/experiments/run_cells.ts";
import { beatsPaper, summarize, tableCsv, tableMarkdown } from "../../src/experiments/tables.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { printedValue, tableOneMethods, tableOneSettings } from "../../src/problems/table_one.ts";
import { checkTraining } from "../../src/training/options.ts";
import { printedTraining } from "../../src/training/printed.ts";
import { openDevice } from "../../src/runtime/device.ts";

const CELL: Cell = {
  ...{ setting: "U_{3,2}^{1,0}", method: "TEDI", budget: "quick", seed: 0, testProfiles: 1000 },
  ...{
    revenue: 0.26,
    standardError: 0.01,
    worstGap: 1e-9,
    seconds: 12,
    evaluationSeconds: 1,
    version: "0.1.0",
    device: "wasm",
  },
  command: "tedi table1",
};

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a cell is found again as it was kept, and other cells are not", () =>
  inFolder(async (folder) => {
    assertEquals(await readCell(folder, CELL), undefined);
    await writeCell(folder, CELL);
    const { setting, method, budget, seed, testProfiles } = CELL, key = { setting, method, budget, seed, testProfiles };
    assertEquals(await readCell(folder, key), CELL);
    const others = [{ setting: "U_{3,20}^{1,0}" }, { method: "VCG" }, { seed: 1 }, { testProfiles: 10 }, {
      budget: "paper",
    }];
    for (const other of others) assertEquals(await readCell(folder, { ...key, ...other }), undefined);
  }));

Deno.test("a file that is no such cell is refused by its name", () =>
  inFolder(async (folder) => {
    const { revenue: _, ...partial } = CELL;
    const wrong = ["", "{", "null", "[]", JSON.stringify(partial), JSON.stringify({ ...CELL, seed: 1 })];
    for (const text of [...wrong, JSON.stringify({ ...CELL, regret: "0" })]) {
      await Deno.writeTextFile(cellPath(folder, CELL), text);
      await assertRejects(() => readCell(folder, CELL), InvalidInputError, cellPath(folder, CELL));
    }
  }));

Deno.test("finished cells are not computed again, also after a stop", () =>
  inFolder(async (folder) => {
    const device = await openDevice({ backend: "wasm" }), runs: string[] = [];
    const counted = (name: string, stops = false): ExperimentMethod => ({
      name,
      applies: ({ participants }) => participants === 1 || name !== "single",
      run(problem) {
        runs.push(`${name} ${problem.name}`);
        if (stops && runs.length > 2) throw new Error("stopped");
        return Promise.resolve({ mechanism: separable(problem), teraflop: 2 });
      },
    });
    const settings = ["U_{1,2}^{0,0}", "U_{3,2}^{1,0}"],
      more = { seeds: [0], budget: "quick" as const, testProfiles: 200 };
    const first = [counted("single"), counted("both", true)];
    await assertRejects(() => runCells({ settings, methods: first, folder, ...more }, device), Error, "stopped");
    const methods = [counted("single"), counted("both")], kept: string[] = [];
    const hooks = { onCell: ({ method }: { method: string }, cell: unknown) => void (cell && kept.push(method)) };
    const cells = await runCells({ settings, methods, folder, ...more }, device, hooks);
    assertEquals(runs, ["single U_{1,2}^{0,0}", "both U_{1,2}^{0,0}", "both U_{3,2}^{1,0}", "both U_{3,2}^{1,0}"]);
    assertEquals(kept, ["single", "both"]);
    assertEquals(cells.map(({ method, setting }) => `${method} ${setting}`), runs.slice(0, 3));
    assert(cells.every(({ revenue, standardError }) => revenue > 0 && standardError > 0));
  }));

Deno.test("tables have the mean and deviation over seeds, and the paper's values", () => {
  const cells = [CELL, { ...CELL, seed: 1, revenue: 0.28 }, { ...CELL, method: "VCG", revenue: -1 }];
  const [tedi, vcg] = summarize(cells);
  assertEquals([tedi.seeds, vcg.seeds], [2, 1]);
  assert(Math.abs(tedi.revenue - 0.27) < 1e-12 && Math.abs(tedi.seedDeviation! - 0.01 * Math.SQRT2) < 1e-12);
  assertEquals(vcg.seedDeviation, undefined);
  // Each seed has test profiles of its own: 0.01 of both is 0.01 / sqrt(2) of their mean.
  assert(Math.abs(tedi.standardError - 0.01 * Math.SQRT1_2) < 1e-12);
  const [header, first] = tableCsv(cells).split("\n");
  assertEquals(header.split(",").slice(0, 7), [
    "method",
    "setting",
    "budget",
    "seed",
    "revenue",
    "standardError",
    "paper",
  ]);
  assertEquals(first.slice(0, 44), 'TEDI,"U_{3,2}^{1,0}",quick,0,0.26,0.01,0.267');
  const markdown = tableMarkdown(cells);
  assert(markdown.includes("| TEDI | 0.2700 ±0.0071; seeds ±0.0141 (0.2678) |"), markdown);
  assert(markdown.includes("| VCG | -1.0000 ±0.0100 (<0) |"), markdown);
});

Deno.test("bold is what is above the paper's 0.2678 by two standard errors of profiles and seeds together", () => {
  const bold = (...cells: Partial<Cell>[]) =>
    beatsPaper(summarize(cells.map((one, seed) => ({ ...CELL, seed, ...one })))[0]);
  assert(bold({ revenue: 0.2678 + 0.00201, standardError: 0.001 }));
  assert(!bold({ revenue: 0.2678 + 0.00199, standardError: 0.001 }));
  // Two seeds, 0.004 apart: profiles 0.003 / sqrt(2), seeds 0.004 / sqrt(2) / sqrt(2), together 0.0029155.
  const pair = (mean: number) => [-0.002, 0.002].map((by) => ({ revenue: mean + by, standardError: 0.003 }));
  assert(bold(...pair(0.2678 + 2.01 * 0.0029155)) && !bold(...pair(0.2678 + 1.99 * 0.0029155)));
  assert(!bold({ method: "VCG", revenue: 1 })); // the paper prints no number
});

Deno.test("a cell's command makes that cell", () => {
  const text = cellCommand({ ...CELL, method: "Straight-jacket auction", testProfiles: 100, seed: 2 });
  assertEquals(
    text,
    'tedi table1 --columns U-3-2-cp1-cd0 --methods "Straight-jacket auction" --seeds 2 --budget quick --test-profiles 100',
  );
});

Deno.test("every row of Table 1 has a method, which applies where the paper has a value", () => {
  for (const name of tableOneMethods) {
    const method = experimentMethods.find((one) => one.name === name);
    assert(method !== undefined, name);
    for (const { setting } of tableOneSettings) {
      if (printedValue(name, setting) !== undefined) {
        assert(method!.applies(settingProblem(setting)), `${name}, ${setting}`);
      }
    }
  }
});

Deno.test("ablations differ from their reference in the network's kind only", () => {
  for (const { setting } of tableOneSettings) {
    const problem = settingProblem(setting), reference = ablationTraining(problem, "groupmax");
    assertEquals([reference.network.context, reference.tiedWeights, reference.nondecreasing], [
      undefined,
      false,
      false,
    ]);
    for (const kind of ["picnn", "pma", "mlp"] as const) {
      assertEquals(ablationTraining(problem, kind), { ...reference, network: { ...reference.network, kind } });
    }
  }
});

Deno.test("TEDI as printed is a row in all columns, beside what the paper prints for TEDI", () => {
  const method = experimentMethods.find(({ name }) => name === "TEDI-Paper")!;
  for (const { setting, tedi } of tableOneSettings) {
    const problem = settingProblem(setting);
    assert(method.applies(problem), setting);
    assertEquals(printedValue("TEDI-Paper", setting), tedi);
    checkTraining(printedTraining(problem));
  }
});
