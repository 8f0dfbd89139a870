/** Problems whose optima are known, for `deno task battery`. */
import { knownOptimum } from "../../src/problems/known_values.ts";
import type { MechanismProblem } from "../../src/problems/problem.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem, type RandomStream } from "../../src/problems/user_module.ts";

/** What a problem's optimum is known to be. */
export type Optimum =
  | { readonly value: number; readonly source: string }
  /** So many times what another entry earns. */
  | { readonly times: number; readonly entry: string };

/** A problem of the battery. */
export interface BatteryEntry {
  /** A short name, also of files. */
  readonly name: string;
  readonly problem: MechanismProblem;
  readonly optimum?: Optimum;
}

/** One participant and two goods without costs, whose types are a function of two uniform numbers. */
function twoGoods(name: string, types: (u: number, v: number) => readonly [number, number], exchangeable = true) {
  return defineProblem({
    name,
    participants: 1,
    goods: 2,
    exchangeable,
    sampleTypes(random: RandomStream, profiles: number) {
      const draws = random.uniform(2 * profiles), drawn = new Float32Array(draws.length);
      for (let at = 0; at < draws.length; at += 2) drawn.set(types(draws[at], draws[at + 1]), at);
      return drawn;
    },
  });
}

/** A setting, with the optimum that the package knows. */
function known(name: string): BatteryEntry {
  const problem = settingProblem(name), { value, name: source } = knownOptimum(problem)!;
  return { name, problem, optimum: { value, source } };
}

/** Several participants and one good that costs something to produce, whose types are functions of uniform numbers. */
function oneGood(name: string, productionCost: number, types: readonly ((u: number) => number)[]) {
  const { length: participants } = types;
  return defineProblem({
    ...{ name, participants, goods: 1, productionCost, independent: true },
    sampleTypes: (random, profiles) =>
      random.uniform(participants * profiles).map((u, at) => types[at % participants](u)),
  });
}

/** What the best truthful auction of a good to independent participants earns. */
const myerson = (value: number): Optimum => ({ value, source: "Myerson's auction (Myerson 1981)" });

/** U[0, 0.4] with a chance of 0.7, else U[0.6, 1]. */
const lowOrHigh = (u: number) => u < 0.7 ? u * 4 / 7 : 0.6 + (u - 0.7) * 4 / 3;

/** A value of the Beta(1, 2) distribution, F(t) = 1 - (1 - t)^2. */
const beta12 = (u: number) => 1 - Math.sqrt(1 - u);

/** The problems: those of one participant first. */
export const batteryEntries: readonly BatteryEntry[] = [
  known("U-1-3"),
  known("U-1-5"),
  {
    // In units: 88/9, by lotteries. Types are of 16 units, so that they are in [0, 1].
    name: "U-4-16-U-4-7",
    problem: twoGoods("two goods U[4,16] x U[4,7], over 16", (u, v) => [(4 + 12 * u) / 16, (4 + 3 * v) / 16], false),
    optimum: { value: 88 / 9 / 16, source: "Daskalakis, Deckelbaum and Tzamos (2017)" },
  },
  {
    name: "Beta-1-2",
    problem: twoGoods("two goods, i.i.d. Beta(1,2)", (u, v) => [beta12(u), beta12(v)]),
    optimum: { value: 0.33106, source: "Daskalakis, Deckelbaum and Tzamos (2017)" },
  },
  {
    name: "triangle",
    problem: twoGoods("two goods, uniform on t1 + t2 <= 1", (u, v) => u + v > 1 ? [1 - u, 1 - v] : [u, v]),
    optimum: { value: 2 / Math.sqrt(27), source: "both together at sqrt(1/3)" }, // p (1 - p^2) at its largest
  },
  { name: "U-1-2-cp0-cd0.5", problem: settingProblem("U-1-2-cp0-cd0.5") },
  known("U-3-1-cp1-cd0"),
  known("U-2-1-cp0.5-cd0"),
  {
    name: "asymmetric-pair",
    problem: oneGood("one good, cost 0.6, types U[0,1] and U[0.5,1]", 0.6, [(u) => u, (u) => 0.5 + u / 2]),
    // Both virtual values are 2 t - 1. E[(phi_1^+ + phi_2^+ - 0.6)^+] = 0.4^2 / 4 + (0.4 + 0.6^3 / 6) / 2.
    optimum: myerson(0.258),
  },
  {
    name: "irregular-pair",
    problem: oneGood("one good, cost 0.6, two types U[0,0.4] or U[0.6,1]", 0.6, [lowOrHigh, lowOrHigh]),
    // Ironed virtual values are negative up to 0.4, and 2 t - 1 from 0.6 on: 0.42 * 0.1 + 0.09 (0.6 + 0.2^3 / 6 / 0.8^2).
    optimum: myerson(0.0961875),
  },
  {
    name: "four-ranges",
    problem: oneGood(
      "one good, cost 0.8, types U[0,1], U[0,0.8], U[0,0.6] and U[0,0.4]",
      0.8,
      [1, 0.8, 0.6, 0.4].map((most) => (u: number) => most * u),
    ),
    optimum: myerson(0.150986), // virtual values 2 t - most, whose sum was convolved on a grid of 5e-5
  },
  known("U-5-1-cp2-cd0"),
  known("B-3-1-cp1-cd0"),
  known("B-5-1-cp2-cd0"),
  {
    name: "agreeing",
    problem: defineProblem({
      name: "one good, cost 1, three participants who agree, U[0,1]",
      ...{ participants: 3, goods: 1, productionCost: 1, exchangeable: true },
      sampleTypes: (random, profiles) => [...random.uniform(profiles)].map((t) => [[t], [t], [t]]),
    }),
    optimum: { value: 2 / 3, source: "all that it is worth, E[(3 t - 1)^+]" },
  },
  {
    // Without a production cost participants do not affect each other.
    name: "U-5-2-cp0-cd0.5",
    problem: settingProblem("U-5-2-cp0-cd0.5"),
    optimum: { times: 5, entry: "U-1-2-cp0-cd0.5" },
  },
];
