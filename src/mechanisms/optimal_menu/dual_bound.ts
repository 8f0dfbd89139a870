/**
 * An upper bound on the linear program of an optimal menu, from multipliers of its rows, in exact arithmetic.
 *
 * @module
 */
import type { WeightedTypes } from "./menu.ts";

/** A row of the program: type `of` must not rather have what type `by` has, u_of >= u_by + <t_of - t_by, x_by>. */
export interface Envy {
  readonly of: number;
  readonly by: number;
}

/**
 * The Lagrangian dual function: for any multipliers y >= 0
 *
 *   sum_r max_{0 <= x_r <= 1} <a_r, x_r> + sum_r max_{0 <= u_r <= T_r} d_r u_r   is at least the optimum, with
 *   a_s = w_s (t_s - c) - sum_r y_rs (t_r - t_s)   and   d_r = -w_r + sum_s y_rs - sum_s y_sr.
 *
 * That utilities are at most T_r = sum_j t_rj loses nothing: lowering all of them by the least one earns more and stays
 * truthful, and then a type s of utility 0 has 0 >= u_r + <t_s - t_r, x_r>. Rows that are missing only raise the bound.
 *
 * Each sum is followed by the sum S of its terms' absolute values. Of K terms, products of two or three numbers, the
 * rounding is at most (K + 4) u S with u = 2^-53, to first order; twice that is added.
 *
 * @param multipliers One for each row; negative ones and NaN count as 0.
 */
export function lagrangianBound(
  { types, weights }: WeightedTypes,
  m: number,
  cost: number,
  rows: readonly Envy[],
  multipliers: ArrayLike<number>,
): number {
  const R = weights.length, n = R * (m + 1);
  const slopes = new Float64Array(n), sizes = new Float64Array(n), terms = new Int32Array(n).fill(2);
  const add = (column: number, term: number, size = Math.abs(term)) => {
    slopes[column] += term, sizes[column] += size, terms[column]++;
  };
  for (let r = 0; r < R; r++) {
    add(r, -weights[r]);
    for (let j = 0; j < m; j++) {
      const t = types[r * m + j];
      add(R + r * m + j, weights[r] * (t - cost), weights[r] * (t + cost));
    }
  }
  rows.forEach(({ of: r, by: s }, row) => {
    const y = multipliers[row] > 0 ? multipliers[row] : 0;
    if (y === 0) return;
    add(r, y), add(s, -y);
    for (let j = 0; j < m; j++) {
      const own = types[r * m + j], other = types[s * m + j];
      add(R + s * m + j, -y * (own - other), y * (own + other));
    }
  });
  let bound = 0;
  for (let column = 0; column < n; column++) {
    let upper = 1;
    if (column < R) {
      upper = 0;
      for (let j = 0; j < m; j++) upper += types[column * m + j];
    }
    const rounding = 2 ** -52 * (terms[column] + 4) * sizes[column];
    bound += Math.max(0, slopes[column] + rounding) * upper;
  }
  return bound * (1 + 2 ** -51 * (n + m + 4)); // all of its terms are at least 0
}
