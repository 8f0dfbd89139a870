/**
 * The names of problems that are made of a table.
 *
 * @module
 */
import type { GoodsCosts } from "./principal_utility.ts";

/** What such a name tells. */
export interface EmpiricalName extends Required<GoodsCosts> {
  /** The name of the table's file, without folders. */
  readonly table: string;
  readonly participants: number;
  readonly goods: number;
  /** `unit` where every good exists once. */
  readonly supply?: "unit";
}

/** `empirical (bids.csv, n=1, m=3, cp=0, cd=0)`, with `, unit supply` where every good exists once. */
export function empiricalName(
  { table, participants, goods, productionCost, duplicationCost, supply }: EmpiricalName,
): string {
  return `empirical (${table}, n=${participants}, m=${goods}, cp=${productionCost}, cd=${duplicationCost}` +
    `${supply ? ", unit supply" : ""})`;
}

/** What the name of a problem tells, where it is that of a table. */
export function parseEmpiricalName(name: string): EmpiricalName | undefined {
  const found = /^empirical \((.+), n=(\d+), m=(\d+), cp=(\d[^,]*), cd=(\d[^,]*?)(, unit supply)?\)$/.exec(name);
  if (!found) return undefined;
  const [participants, goods, productionCost, duplicationCost] = found.slice(2, 6).map(Number);
  return {
    ...{ table: found[1], participants, goods, productionCost, duplicationCost },
    ...found[6] && { supply: "unit" as const },
  };
}
