// The gradient of the softened objective in the prices at the chains, equations (10) to (12), for a principal who sells
// reproducible goods: u0 = sum_i p_i - sum_j (c^p max_i x_ij + c^d sum_i x_ij). The same as src/training/estimator.ts.

import { Job } from "./job";

/**
 * From f at a profile's chains and at 0, writes u0 of each chain, and the coefficients of f in the loss: those of equation (11)
 * with the signs of equation (12).
 *
 * @param first The profile's first row.
 */
export function coefficients(job: Job, first: i32): void {
  const n = job.participants, C = job.count, m = job.goods, B = job.trained / n;
  const values = job.values + ((first * (C + 1)) << 2), out = job.coefficients + ((first * (C + 1)) << 2);
  const utilities = job.utilities + ((first / n * C) << 2), next = (C + 1) << 2;
  for (let c: i32 = 0; c < C; c++) {
    let costs: f32 = 0, paid: f32 = 0;
    for (let i: i32 = 0; i < n; i++) {
      const f = values + i * next;
      const payment = load<f32>(f + (c << 2)) - load<f32>(f + (C << 2));
      paid += payment;
      store<f32>(out + i * next + (c << 2), payment);
    }
    for (let j: i32 = 0; j < m; j++) {
      // A good costs the most that anybody receives of it; without the one who receives most, the second most.
      let most: f32 = 0, second: f32 = 0, winner: i32 = 0, units: f32 = 0;
      for (let i: i32 = 0; i < n; i++) {
        const x = load<f32>(job.points + ((((first + i) * C + c) * m + j) << 2));
        units += x;
        if (x > most) second = most, most = x, winner = i;
        else if (x > second) second = x;
        if (!job.paired) {
          const at = out + i * next + (c << 2);
          store<f32>(at, load<f32>(at) - job.duplicationCost * x);
        }
      }
      costs += job.productionCost * most + job.duplicationCost * units;
      if (!job.paired) {
        const at = out + winner * next + (c << 2);
        store<f32>(at, load<f32>(at) - job.productionCost * (most - second));
      }
    }
    store<f32>(utilities + (c << 2), paid - costs);
  }
  // What participant i adds to u0, or all of u0, becomes its coefficients: less its mean, by beta / (C - 1), and 1 / C.
  for (let i: i32 = 0; i < n; i++) {
    const row = out + i * next, worth = job.paired ? utilities : row;
    let mean: f32 = 0, sum: f32 = 0;
    for (let c: i32 = 0; c < C; c++) mean += load<f32>(worth + (c << 2));
    mean /= <f32>C;
    for (let c: i32 = 0; c < C; c++) {
      const a: f32 = <f32>1 / <f32>C - job.beta / <f32>(C - 1) * (load<f32>(worth + (c << 2)) - mean);
      store<f32>(row + (c << 2), -a / <f32>B);
      sum += a;
    }
    store<f32>(row + (C << 2), sum / <f32>B);
  }
}
