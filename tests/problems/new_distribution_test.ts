/** Adding a type distribution touches its own file and the table: done for real, in a copy of the sources. */
import { assertAlmostEquals, assertEquals } from "@std/assert";
import { deno, filesUnder, ROOT } from "../root.ts";

/** `T`: every type is independent with F(t) = t^2, the larger of two uniform numbers. */
const FILE = `
import type { RandomKey } from "../../random/key.ts";
import { uniforms } from "../../random/numbers.ts";
import type { DistributionFamily } from "./family.ts";

export const triangular: DistributionFamily<"T"> = {
  letter: "T",
  name: "triangular",
  description: "types are independent, the square roots of uniform numbers",
  exchangeable: true,
  exchangeableGoods: true,
  independent: true,
  atoms: false,
  sample(key: RandomKey, profiles: number, participants: number, goods: number): Float32Array {
    return uniforms(key, profiles * participants * goods).map(Math.sqrt);
  },
  marginal: {
    tail: (type: number): number => 1 - Math.min(1, Math.max(0, type)) ** 2,
    virtualValue: (type: number): number => (3 * type * type - 1) / (2 * type),
    typeOfVirtualValue: (value: number): number => (value + Math.sqrt(value * value + 3)) / 3,
  },
};
`;

/** What the copy is asked. */
const QUESTIONS = `
import { defineProblem, evaluate, knownOptimum, parseSetting, separable, separableOptimum, settingName, settingProblem,
  settingSlug } from "./mod.ts";

const setting = parseSetting("T_{2,3}^{0,0.5}"), costly = settingProblem("T-3-2-cp0.8-cd0.1");
const { revenue, standardError } = await evaluate(costly, separable(costly), { profiles: 50_000 });
let mistake = "";
try {
  parseSetting("X-1-2");
} catch (error) {
  mistake = (error as Error).message;
}
console.log(JSON.stringify({
  setting,
  names: [settingName(setting), settingSlug(setting), settingProblem(setting).name],
  defined: defineProblem({ participants: 1, goods: 2, distribution: "T" }).distribution.name,
  separable: separableOptimum("T_{2,3}^{0,0.5}"),
  myerson: knownOptimum("T_{1,1}^{0,0}"),
  costly: separableOptimum(costly),
  revenue,
  standardError,
  mistake,
}));
`;

Deno.test("a distribution in a file of its own and in the table has all that follows (false alarms: 6e-5)", async () => {
  const folder = await Deno.makeTempDir(), inCopy = (path: string) => `${folder}/${path}`;
  try {
    for (const path of ["mod.ts", "deno.json", ...filesUnder("src/")]) {
      await Deno.mkdir(inCopy(path.replace(/[^/]*$/, "")), { recursive: true });
      await Deno.copyFile(new URL(path, ROOT), inCopy(path));
    }
    await Deno.writeTextFile(inCopy("src/problems/distributions/triangular.ts"), FILE);
    const table = inCopy("src/problems/distributions/table.ts"), before = await Deno.readTextFile(table);
    const after = `import { triangular } from "./triangular.ts";\n${before}`
      .replace(/(?<=type DistributionLetter = .*)(?=;)/, ' | "T"')
      .replace(/(?<=\bC: correlated,\n)/, "  T: triangular,\n");
    assertEquals(after.length - before.length, 46 + 6 + 17, "the import, the letter and the line are in their places");
    await Deno.writeTextFile(table, after);
    await Deno.writeTextFile(inCopy("questions.ts"), QUESTIONS);

    await deno(["check", "--no-lock", inCopy("questions.ts")]);
    const { stdout } = await deno(["run", "--allow-all", "--no-lock", inCopy("questions.ts")]);
    const answers = JSON.parse(stdout);
    assertEquals(answers.setting, {
      distribution: "T",
      participants: 2,
      goods: 3,
      productionCost: 0,
      duplicationCost: 0.5,
    });
    assertEquals(answers.names, ["T_{2,3}^{0,0.5}", "T-2-3-cp0-cd0.5", "T_{2,3}^{0,0.5}"]);
    assertEquals(answers.defined, "T");
    // p (1 - p^2) is largest at 1 / sqrt 3; (p - 1/2) (1 - p^2) where 3 p^2 - p - 1 = 0.
    assertAlmostEquals(answers.myerson.value, 2 / 3 / Math.sqrt(3), 1e-15);
    assertEquals([answers.myerson.name, answers.myerson.proved], ["Myerson's auction (Myerson 1981)", true]);
    const price = (1 + Math.sqrt(13)) / 6;
    assertAlmostEquals(answers.separable, 6 * (price - 0.5) * (1 - price * price), 1e-14);
    assertAlmostEquals(answers.revenue, answers.costly, 4 * answers.standardError);
    assertEquals(answers.mistake.includes("F one of U, B, C, T"), true, answers.mistake);

    const help = await deno(["run", "--allow-all", "--no-lock", inCopy("mod.ts"), "settings"]);
    assertEquals(help.stdout.includes("  T  triangular: types are independent"), true, help.stdout);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
