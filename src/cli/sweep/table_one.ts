/**
 * The sweep of Table 1 of the paper: what `tedi table1` runs without options.
 *
 * @module
 */

/** A sweep's file: `tedi sweep table1` reads it. */
export const TABLE_ONE = `# Table 1 of Ma et al. (AAMAS 2026): every method in every setting in which it can be used.
out = "results/table1"
problems = [
  "U-1-10", "B-1-10", "U-3-2-cp1-cd0", "U-3-10-cp1-cd0", "U-3-20-cp1-cd0", "U-3-30-cp1-cd0",
  "U-3-10-cp0-cd0.5", "U-3-20-cp0-cd0.5", "U-3-30-cp0-cd0.5", "B-3-10-cp1-cd0", "C-3-10-cp1-cd0",
  "C-3-10-cp0-cd0.5", "U-10-10-cp0-cd0.5",
]
methods = [
  "TEDI", "TEDI-Discrete", "TEDI-PICNN", "TEDI-PMA", "TEDI-MLP", "MD-MenuNet", "MD-GemNet", "MD-LotteryAMA",
  "MD-RegretNet", "VCG", "Separable-OPT", "Bundle-OPT", "TEDI-Paper", "TEDI-GroupMax", "Straight-jacket auction",
]
seeds = [0]
budget = "standard"
`;
