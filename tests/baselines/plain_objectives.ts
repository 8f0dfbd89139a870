/**
 * The training objectives of baselines, written down once more in plain loops and 64-bit floats, for problems of
 * reproducible goods; and gradients by finite differences.
 *
 * @module
 */
import type { HostTensors } from "../../src/runtime/host_tensor.ts";

/** Parameters in 64 bits, flat. */
export type Plain = Readonly<Record<string, Float64Array>>;

/** n, m and the costs. */
export interface Market {
  readonly n: number;
  readonly m: number;
  readonly cp: number;
  readonly cd: number;
}

export const plainOf = (parameters: HostTensors): Plain =>
  Object.fromEntries(Object.entries(parameters).map(([name, { data }]) => [name, Float64Array.from(data)]));

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((sum, x, j) => sum + x * b[j], 0);

function softmax(logits: readonly number[]): number[] {
  const most = Math.max(...logits), weights = logits.map((logit) => Math.exp(logit - most));
  const sum = weights.reduce((a, b) => a + b);
  return weights.map((weight) => weight / sum);
}

/** u0 of one profile: payments, less c^p for what anybody gets of a good and c^d for all that is handed out. */
function principal({ m, cp, cd }: Market, outcomes: readonly ArrayLike<number>[], payments: readonly number[]): number {
  let value = payments.reduce((a, b) => a + b, 0);
  for (let j = 0; j < m; j++) {
    const shares = outcomes.map((x) => x[j]);
    value -= cp * Math.max(...shares) + cd * shares.reduce((a, b) => a + b);
  }
  return value;
}

/** The types of each profile and participant. */
function profilesOf({ n, m }: Market, types: Float32Array): Float32Array[][] {
  return Array.from(
    { length: types.length / (n * m) },
    (_, b) => Array.from({ length: n }, (_, i) => types.subarray((b * n + i) * m, (b * n + i + 1) * m)),
  );
}

interface Option {
  readonly x: ArrayLike<number>;
  readonly price: number;
}

/** K options and nothing, from raw outcomes `[K, m]` and prices `[K]`. */
function menuOf(raw: ArrayLike<number>, prices: ArrayLike<number>, m: number): Option[] {
  const options = Array.from(prices, (price, k) => ({
    x: Array.from({ length: m }, (_, j) => sigmoid(raw[k * m + j])),
    price,
  }));
  return [...options, { x: new Float64Array(m), price: 0 }];
}

/** MD-MenuNet: E[sum_k P_k u0]. */
export function plainMenu(market: Market, parameters: Plain, types: Float32Array, beta: number): number {
  const menu = menuOf(parameters.outcomes, parameters.prices, market.m), profiles = profilesOf(market, types);
  return profiles.reduce((sum, [type]) => {
    const choice = softmax(menu.map(({ x, price }) => beta * (dot(type, x) - price)));
    return sum + menu.reduce((value, { x, price }, k) => value + choice[k] * principal(market, [x], [price]), 0);
  }, 0) / profiles.length;
}

/** GemNet's menu of each participant of each profile. */
function gemMenus({ n, m }: Market, parameters: Plain, types: Float32Array): Option[][][] {
  const K = parameters["output.bias"].length / (m + 1);
  return profilesOf({ n, m, cp: 0, cd: 0 }, types).map((profile) =>
    profile.map((_, i) => {
      let layer: number[] = [];
      for (let j = 1; j < n; j++) layer.push(...Array.from(profile[(i + j) % n], (type) => 2 * type - 1));
      const affine = (name: string) =>
        Array.from(parameters[`${name}.bias`], (bias, k) => {
          const width = parameters[`${name}.bias`].length;
          return layer.reduce((sum, x, h) => sum + x * parameters[`${name}.weight`][h * width + k], bias);
        });
      for (let depth = 0; parameters[`hidden.${depth}.weight`]; depth++) {
        layer = affine(`hidden.${depth}`).map((x) => Math.max(0, x));
      }
      const raw = affine("output");
      return menuOf(raw.slice(0, K * m), raw.slice(K * m), m);
    })
  );
}

/**
 * MD-GemNet: the sum over participants i of E[sum_k P_ik u0], where the others have chosen. They choose by `draws` from the
 * menus of `frozen`, and these choices are constants.
 */
export function plainGem(
  market: Market,
  parameters: Plain,
  frozen: Plain,
  types: Float32Array,
  draws: Float32Array,
  beta: number,
): number {
  const { n } = market, profiles = profilesOf(market, types);
  const logit = (type: Float32Array, { x, price }: Option) => beta * (dot(type, x) - price);
  const chosen = gemMenus(market, frozen, types).map((menus, b) =>
    menus.map((menu, i) => {
      const first = (b * n + i) * menu.length;
      const noisy = menu.map((option, k) => logit(profiles[b][i], option) - Math.log(-Math.log(draws[first + k])));
      return menu[noisy.indexOf(Math.max(...noisy))];
    })
  );
  const menus = gemMenus(market, parameters, types);
  let sum = 0;
  profiles.forEach((profile, b) =>
    profile.forEach((type, i) => {
      const menu = menus[b][i], choice = softmax(menu.map((option) => logit(type, option)));
      menu.forEach((option, k) => {
        const all = chosen[b].map((other, j) => j === i ? option : other);
        sum += choice[k] * principal(market, all.map(({ x }) => x), all.map(({ price }) => price));
      });
    })
  );
  return sum / profiles.length;
}

/** MD-LotteryAMA: E[sum_k P_k u0] with payments by the softened best outcome without each participant. */
export function plainLottery(market: Market, parameters: Plain, types: Float32Array, beta: number): number {
  const { n, m } = market, K = parameters.boosts.length, profiles = profilesOf(market, types);
  const weights = softmax([...parameters.weights]).map((weight) => weight * n);
  const outcome = (k: number, i: number) =>
    Array.from({ length: m }, (_, j) => k < K ? sigmoid(parameters.outcomes[(k * n + i) * m + j]) : 0);
  return profiles.reduce((sum, profile) => {
    const options = Array.from({ length: K + 1 }, (_, k) => {
      const x = profile.map((_, i) => outcome(k, i)), worth = x.map((one, i) => weights[i] * dot(profile[i], one));
      return { x, worth, welfare: worth.reduce((a, b) => a + b, k < K ? parameters.boosts[k] : 0) };
    });
    const without = profile.map((_, i) => options.map(({ welfare, worth }) => welfare - worth[i]));
    const most = without.map((of) => dot(softmax(of.map((one) => beta * one)), of));
    const choice = softmax(options.map(({ welfare }) => beta * welfare));
    return sum + options.reduce((value, { x }, k) => {
      const payments = without.map((of, i) => (most[i] - of[k]) / weights[i]);
      return value + choice[k] * principal(market, x, payments);
    }, 0);
  }, 0) / profiles.length;
}

/** RegretNet's outcomes and payments for one profile of reports. */
function regretNet({ n, m }: Market, parameters: Plain, reports: readonly ArrayLike<number>[]) {
  const network = (name: string) => {
    let layer = reports.flatMap((report) => Array.from(report, (type) => 2 * type - 1));
    const affine = (part: string) => {
      const bias = parameters[`${name}.${part}.bias`], weight = parameters[`${name}.${part}.weight`];
      return Array.from(bias, (start, k) => layer.reduce((sum, x, h) => sum + x * weight[h * bias.length + k], start));
    };
    for (let depth = 0; parameters[`${name}.hidden.${depth}.weight`]; depth++) {
      layer = affine(`hidden.${depth}`).map(Math.tanh);
    }
    return affine("output").map(sigmoid);
  };
  const x = network("allocation"), fractions = network("payment");
  const outcomes = Array.from({ length: n }, (_, i) => x.slice(i * m, (i + 1) * m));
  return { outcomes, payments: outcomes.map((own, i) => fractions[i] * dot(reports[i], own)) };
}

/** What participant i gains by reporting `lie`. */
export function plainGain(
  market: Market,
  parameters: Plain,
  profile: readonly ArrayLike<number>[],
  i: number,
  lie: ArrayLike<number>,
): number {
  const utility = (reports: readonly ArrayLike<number>[]) => {
    const { outcomes, payments } = regretNet(market, parameters, reports);
    return dot(profile[i], outcomes[i]) - payments[i];
  };
  return utility(profile.map((type, j) => j === i ? lie : type)) - utility(profile);
}

/** MD-RegretNet: E[u0], the mean regrets at misreports `[B, n, m]`, and the augmented Lagrangian of both. */
export function plainRegret(
  market: Market,
  parameters: Plain,
  types: Float32Array,
  misreports: Float32Array,
  multipliers: ArrayLike<number>,
  penalty: number,
): { revenue: number; regrets: number[]; lagrangian: number } {
  const profiles = profilesOf(market, types), lies = profilesOf(market, misreports), B = profiles.length;
  let revenue = 0;
  const regrets = new Array<number>(market.n).fill(0);
  profiles.forEach((profile, b) => {
    const { outcomes, payments } = regretNet(market, parameters, profile);
    revenue += principal(market, outcomes, payments) / B;
    regrets.forEach((_, i) => regrets[i] += Math.max(0, plainGain(market, parameters, profile, i, lies[b][i])) / B);
  });
  const penalties = dot(multipliers, regrets) + penalty / 2 * dot(regrets, regrets);
  return { revenue, regrets, lagrangian: revenue - penalties };
}

/** The gradient of an objective by central differences in 64-bit floats, in all parameters. */
export function differences(parameters: Plain, objective: (parameters: Plain) => number): Plain {
  const step = 1e-5;
  return Object.fromEntries(
    Object.entries(parameters).map(([name, data]) => [
      name,
      data.map((value, at) => {
        const moved = (by: number) => objective({ ...parameters, [name]: data.with(at, value + by) });
        return (moved(step) - moved(-step)) / (2 * step);
      }),
    ]),
  );
}

/** The global norm of a gradient. */
export const normOf = (gradient: Plain): number => Math.hypot(...Object.values(gradient).flatMap((one) => [...one]));
