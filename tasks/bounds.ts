/**
 * The most that any truthful mechanism earns from one buyer of two goods whose types are those of a grid, or rows of random
 * types, by linear programming: `deno task bounds [--grids 5,10,15] [--rows 200] [--seed 0]` prints a table.
 *
 * On finer grids the optimum tends to that of types uniform on the square, (12 + 2 sqrt 2) / 27 = 0.549201.
 */
import { parseArgs } from "@std/cli";
import { requireInteger } from "../src/errors.ts";
import { optimalMenu } from "../src/mechanisms/optimal_menu.ts";
import { randomKey } from "../src/random/key.ts";
import { uniforms } from "../src/random/numbers.ts";

/** Midpoints of a grid of `size` x `size` squares. */
export function gridTypes(size: number): number[][] {
  const midpoints = Array.from({ length: size }, (_, k) => (k + 0.5) / size);
  return midpoints.flatMap((first) => midpoints.map((second) => [first, second]));
}

/** Rows of two independent uniform values. */
export function uniformRows(rows: number, seed: number): number[][] {
  const draws = uniforms(randomKey(seed), 2 * rows);
  return Array.from({ length: rows }, (_, r) => [draws[2 * r], draws[2 * r + 1]]);
}

if (import.meta.main) {
  const { grids = "5,10,15", rows = "200", seed = "0" } = parseArgs(Deno.args, { string: ["grids", "rows", "seed"] });
  const sizes: number[] = grids.split(",").map(Number), action = "print bounds";
  sizes.forEach((size) => requireInteger(action, "--grids", size, 1));
  requireInteger(action, "--rows", Number(rows), 1);
  console.log("| types | bound | menu earns | entries | seconds |");
  console.log("| --- | ---: | ---: | ---: | ---: |");
  const cases = [
    ...sizes.map((size) => ({ name: `grid of ${size} x ${size}`, types: gridTypes(size) })),
    { name: `${rows} uniform rows, seed ${seed}`, types: uniformRows(Number(rows), Number(seed)) },
  ];
  for (const { name, types } of cases) {
    const begin = performance.now(), { bound, revenue, prices } = await optimalMenu(types);
    const seconds = (performance.now() - begin) / 1000;
    console.log(`| ${[name, bound.toFixed(9), revenue.toFixed(9), prices.length, seconds.toFixed(1)].join(" | ")} |`);
  }
}
