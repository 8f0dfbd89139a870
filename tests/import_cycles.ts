/**
 * Cycles in what imports what.
 *
 * @module
 */

/** What each file imports. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

/** The shortest way from one file to another along imports, with both; undefined where there is none. */
function shortestWay(graph: ImportGraph, from: string, to: string): string[] | undefined {
  const before = new Map<string, string | undefined>([[from, undefined]]);
  for (const [file] of before) {
    if (file === to) {
      const way: string[] = [];
      for (let step: string | undefined = file; step !== undefined; step = before.get(step)) way.unshift(step);
      return way;
    }
    for (const next of graph.get(file) ?? []) if (!before.has(next)) before.set(next, file);
  }
}

/**
 * The imports that are on a cycle, as `a -> b`, each with the shortest cycle that it is on, as `a -> b -> ... -> a`.
 * There is none where files import each other in no cycle.
 */
export function importsOnCycles(graph: ImportGraph): Map<string, string> {
  const found = new Map<string, string>();
  for (const [file, imported] of graph) {
    for (const other of new Set(imported)) {
      const back = shortestWay(graph, other, file);
      if (back) found.set(`${file} -> ${other}`, [file, ...back].join(" -> "));
    }
  }
  return found;
}
