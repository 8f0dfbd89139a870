/**
 * Names that earlier versions used in files and on the command line. What people have on disk is still read.
 *
 * @module
 */

/** Training options and metrics: the former name, and the one that it has now. */
const NAMES: Readonly<Record<string, string>> = {
  wall: "boundary",
  starts: "initialPoints",
  startNoise: "initialPointNoise",
  largestLag: "largestSuboptimality",
  finalLearningRate: "finalLearningRateRatio",
  betaGrowth: "betaGrowthRatio",
  symmetricGoods: "tiedWeights",
  chainLag: "chainSuboptimality",
  relativeChainLag: "relativeChainSuboptimality",
};

/** Options of the command line: the present name, and the one that it had before. */
export const FORMER_OPTIONS = { boundary: "wall" } as const;

/** The present name of a kind of context: `set` was called `symmetric`. */
export function contextName(name: unknown): unknown {
  return name === "symmetric" ? "set" : name;
}

/**
 * A record with the present names of its fields, and of its network's context, in the place of former ones. A value
 * that is no record stays as it is.
 */
export function underPresentNames<Value>(record: Value): Value {
  if (typeof record !== "object" || record === null || Array.isArray(record)) return record;
  const renamed = Object.entries(record).map(([name, value]) => {
    if (name === "network") return [name, withPresentContext(value)];
    return [Object.hasOwn(NAMES, name) && !Object.hasOwn(record, NAMES[name]) ? NAMES[name] : name, value];
  });
  return Object.fromEntries(renamed) as Value;
}

function withPresentContext(network: unknown): unknown {
  if (typeof network !== "object" || network === null || !("context" in network)) return network;
  return { ...network, context: contextName(network.context) };
}
