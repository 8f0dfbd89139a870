/** The tables of EXPERIMENTS.md and README.md, from cells. */
import { experimentMethods } from "../../src/experiments/methods.ts";
import type { BudgetName } from "../../src/experiments/budgets.ts";
import type { Cell } from "../../src/experiments/cells.ts";
import { revenueMarkdown, summarize, type Summary } from "../../src/experiments/tables.ts";
import { unitTableColumns, unitTableMethods } from "../../src/experiments/unit_table.ts";
import { printedValue, tableOneMethods, tableOneSettings } from "../../src/problems/table_one.ts";
import { type BatteryMean, batteryTable } from "../battery/results.ts";
import type { Table } from "./markdown.ts";

/** Makes a table from all cells, or from what the battery found. */
type TableOf = (cells: readonly Cell[], battery: readonly BatteryMean[]) => Table;

const CLASSICAL = ["VCG", "Separable-OPT", "Bundle-OPT", "Straight-jacket auction"];
const PRINTED = ["TEDI", "TEDI-Paper"];
const ABLATIONS = ["TEDI-GroupMax", "TEDI-Discrete", "TEDI-PICNN", "TEDI-PMA", "TEDI-MLP"];
const settings = tableOneSettings.map(({ setting }) => setting);
const code = (setting: string) => `\`${setting}\``;

/** Means over seeds of a budget's cells, by method and setting. Of a seed the cell with the most test profiles counts. */
function meansOf(cells: readonly Cell[], budget: BudgetName): (method: string, setting: string) => Summary | undefined {
  const most = new Map<string, Cell>();
  for (const cell of cells.filter((one) => one.budget === budget)) {
    const key = `${cell.method}\n${cell.setting}\n${cell.seed}`;
    if (cell.testProfiles > (most.get(key)?.testProfiles ?? 0)) most.set(key, cell);
  }
  const means = summarize([...most.values()]);
  return (method, setting) => means.find((one) => one.method === method && one.setting === setting);
}

/** What the paper prints, with the regret of a method that is not truthful. */
function paper(method: string, setting: string): string {
  const words = (value: ReturnType<typeof printedValue>) => typeof value === "number" ? value.toFixed(4) : value ?? "";
  const value = words(printedValue(method, setting));
  return method === "MD-RegretNet" && value !== ""
    ? `${value}, regret ${words(printedValue("regret", setting))}`
    : value;
}

/** The row of Table 1 that earns the most in a setting, of those of truthful mechanisms other than TEDI. */
function bestOtherInPaper(setting: string): string {
  const others = tableOneMethods.filter((name) => !name.startsWith("TEDI") && name !== "MD-RegretNet")
    .flatMap((name) => {
      const value = printedValue(name, setting);
      return typeof value === "number" ? [{ name, value }] : [];
    });
  const best = others.reduce((a, b) => b.value > a.value ? b : a);
  return `${best.value.toFixed(4)} (${best.name})`;
}

/** When the paper's value was passed: the mean of the seeds' seconds, if all passed it. */
function passed(cells: readonly Cell[], budget: BudgetName, setting: string): string {
  const own = cells.filter((one) => one.method === "TEDI" && one.budget === budget && one.setting === setting);
  const seconds = own.flatMap(({ paperPassed }) => paperPassed ? [paperPassed.seconds] : []);
  if (seconds.length < own.length) return `${seconds.length} of ${own.length} seeds`;
  return own.length === 0 ? "" : (seconds.reduce((a, b) => a + b) / own.length).toFixed(0);
}

/** TEDI in each column that has cells of a budget. */
const tedi = (budget: BudgetName): TableOf => (cells) => {
  const mean = meansOf(cells, budget), head = ["setting", "TEDI", "seeds", "paper's TEDI", "best other in the paper"];
  const rows = settings.flatMap((setting) => {
    const found = mean("TEDI", setting);
    if (!found) return [];
    const figures = [revenueMarkdown(found), String(found.seeds), paper("TEDI", setting), bestOtherInPaper(setting)];
    return [[code(setting), ...figures, found.seconds.toFixed(0), passed(cells, budget, setting)]];
  });
  return { rows: [[...head, "seconds", "paper passed after"], ...rows], left: 1 };
};

/** Some learned methods, a row for each setting and method that has cells of a budget. */
const methods = (names: readonly string[], budget: BudgetName): TableOf => (cells) => {
  const mean = meansOf(cells, budget);
  const rows = settings.flatMap((setting) =>
    names.flatMap((name) => {
      const found = mean(name, setting);
      if (!found) return [];
      const figures = [revenueMarkdown(found), String(found.seeds), paper(name, setting), found.seconds.toFixed(0)];
      return [[code(setting), name, ...figures]];
    })
  );
  return { rows: [["setting", "method", "measured", "seeds", "paper", "seconds"], ...rows], left: 2 };
};

/** The known mechanisms, a row for each setting. */
const classical: TableOf = (cells) => {
  const mean = meansOf(cells, "standard");
  const rows = settings.map((setting) => [
    code(setting),
    ...CLASSICAL.map((method) => {
      const found = mean(method, setting), printed = paper(method, setting);
      if (!found) return "";
      const { revenue, standardError } = found; // not in bold: the paper's are the same mechanisms
      return `${revenue.toFixed(4)} ±${standardError.toFixed(4)}${printed && ` (${printed})`}`;
    }),
  ]);
  return { rows: [["setting", ...CLASSICAL], ...rows], left: 1 };
};

/** All 13 settings in short: TEDI, the paper's, and the best of the known mechanisms. */
const reached: TableOf = (cells) => {
  const mean = meansOf(cells, "standard");
  const rows = settings.flatMap((setting) => {
    const tedi = mean("TEDI", setting), known = CLASSICAL.flatMap((method) => mean(method, setting) ?? []);
    const best = known.reduce<Summary | undefined>((a, b) => a && a.revenue >= b.revenue ? a : b, undefined);
    if (!tedi) return []; // not measured yet
    const classical = best ? `${best.revenue.toFixed(4)} (${best.method})` : "";
    return [[code(setting), revenueMarkdown(tedi), paper("TEDI", setting), classical]];
  });
  return { rows: [["setting", "TEDI", "paper's TEDI", "best known mechanism"], ...rows], left: 1 };
};

const UNIT_ROWS = ["TEDI-AMA", "MD-LotteryAMA", "Item-wise-Myerson", "Bundle-Myerson", "VCG"];
const PUBLISHED = ["MD-LotteryAMA", "AMenuNet"];
const plain = ({ revenue, standardError }: Summary) => `${revenue.toFixed(4)} ±${standardError.toFixed(4)}`;

/** Goods that exist once, beside what is published. */
const unit: TableOf = (cells) => {
  const mean = meansOf(cells, "standard");
  const rows = unitTableColumns.flatMap(({ problem, published }) => {
    const { name } = problem(), figures = UNIT_ROWS.map((method) => mean(method, name));
    if (!figures.some((found) => found)) return []; // not measured yet
    const others = PUBLISHED.map((method) => published[method]?.toFixed(4) ?? "");
    const seconds = figures[0]?.seconds.toFixed(0) ?? "";
    return [[code(name), ...figures.map((found) => found ? plain(found) : ""), ...others, seconds]];
  });
  const head = ["setting", ...UNIT_ROWS, ...PUBLISHED.map((method) => `${method}, published`), "seconds"];
  return { rows: [head, ...rows], left: 1 };
};

/** The learned baselines of goods that exist once, with the regret of those that are not truthful. */
const unitBaselines: TableOf = (cells) => {
  const mean = meansOf(cells, "standard"),
    learned = unitTableMethods.map(({ name }) => name).filter((name) => /^MD-/.test(name));
  const rows = unitTableColumns.flatMap(({ problem }) =>
    learned.flatMap((method) => {
      const { name } = problem(), found = mean(method, name);
      if (!found) return [];
      const regrets = cells.filter((one) => one.method === method && one.setting === name)
        .flatMap(({ auditedRegret }) => auditedRegret ?? []);
      const regret = regrets.length === 0 ? "truthful" : (regrets.reduce((a, b) => a + b) / regrets.length).toFixed(4);
      return [[code(name), method, plain(found), regret, String(found.seeds), found.seconds.toFixed(0)]];
    })
  );
  return { rows: [["setting", "method", "measured", "regret, audited", "seeds", "seconds"], ...rows], left: 2 };
};

const BASELINES = experimentMethods.map(({ name }) => name).filter((name) => name.startsWith("MD-"));

/** The tables by the names that markers have. */
export const resultTables: Readonly<Record<string, TableOf>> = {
  "reached": reached,
  "tedi-standard": tedi("standard"),
  "tedi-quick": tedi("quick"),
  "printed-standard": methods(PRINTED, "standard"),
  "classical": classical,
  "baselines-standard": methods(BASELINES, "standard"),
  "ablations-standard": methods(ABLATIONS, "standard"),
  "ablations-quick": methods(ABLATIONS, "quick"),
  "battery": (_, battery) => batteryTable(battery),
  "unit": unit,
  "unit-baselines": unitBaselines,
};
