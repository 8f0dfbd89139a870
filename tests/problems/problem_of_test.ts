/** Settings are accepted by name wherever a problem is. */
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import * as tedi from "../../mod.ts";
import * as kernels from "../../src/kernels.ts";
import { problemOf } from "../../src/problems/problem_of.ts";
import { deno } from "../root.ts";

const { InvalidInputError, settingProblem } = tedi;

Deno.test("a problem is taken as it is, and a name is that of a setting", () => {
  const problem = settingProblem("U-3-2-cp1-cd0");
  assertStrictEquals(problemOf(problem), problem);
  assertEquals(problemOf("U_{3,2}^{1,0}").name, problem.name);
  assertThrows(() => problemOf("V-1-2"), InvalidInputError, "Cannot read setting");
  for (const wrong of [undefined, null, 3, {}, { name: "U-1-2" }, { distribution: {} }]) {
    const { message } = assertThrows(() => problemOf(wrong as unknown as string), InvalidInputError);
    assertStringIncludes(message, "Cannot take a problem: it must be one, or the name of a setting");
  }
});

const SIZES = { profiles: 40, misreports: 5, exact: 2, revenueProfiles: 40 };
const NETWORK = { layers: 1, groups: 2, groupSize: 2, hidden: [2] };
const FEW = { iterations: 1, profiles: 4 };

/** Every function of the library that takes a problem, called with one: what it gives, as plain data. */
const calls: Record<string, (problem: tedi.MechanismProblem | string) => unknown> = {
  knownOptimum: (problem) => tedi.knownOptimum(problem),
  separableOptimum: (problem) => tedi.separableOptimum(problem),
  audit: (problem) => tedi.audit(problem, tedi.separable("U-1-2"), SIZES),
  revenueBounds: (problem) => tedi.revenueBounds(problem, { profiles: 50 }),
  evaluate: (problem) => tedi.evaluate(problem, tedi.separable("U-1-2"), { profiles: 50 }),
  defaultTraining: (problem) => tedi.defaultTraining(problem),
  printedTraining: (problem) => tedi.printedTraining(problem),
  async planTraining(problem) {
    return await tedi.planTraining(problem, tedi.defaultTraining("U-1-2"), await tedi.openDevice({ backend: "wasm" }));
  },
  trainingRules: (problem) => kernels.trainingRules(problem, tedi.defaultTraining("U-1-2")).parameterShapes,
  // A setting is no table, and refused by its name.
  crossValidate: (problem) =>
    tedi.crossValidate(problem, FEW, 2).catch((error) => {
      if (/folds must be of a table/.test(error.message)) return error.message;
      throw error;
    }),
  train: async (problem) =>
    (await tedi.train(problem, { ...FEW, chains: 4, steps: 1, network: NETWORK })).mechanism.parameters,
  async decodeMechanism(problem) {
    const bytes = await tedi.encodeMechanism((await tedi.trainMenuNet("U-1-2", FEW)).mechanism);
    return (await tedi.decodeMechanism(bytes, "x", problem)).parameters;
  },
  async loadMechanism(problem) {
    const path = await Deno.makeTempFile();
    try {
      await tedi.saveMechanism(path, (await tedi.trainMenuNet("U-1-2", FEW)).mechanism);
      return (await tedi.loadMechanism(path, problem)).parameters;
    } finally {
      await Deno.remove(path);
    }
  },
  vcg: (problem) => tedi.vcg(problem).run([[[0.3, 0.9]]]),
  separable: (problem) => tedi.separable(problem).run([[[0.3, 0.9]]]),
  bundle: (problem) => tedi.bundle(problem, { profiles: 100 }).price,
  referenceUtilities: async (problem) =>
    (await tedi.referenceUtilities(problem, { profiles: 50 })).map(({ name, utility }) => ({ name, utility })),
  straightJacket: (problem) => tedi.straightJacket(problem).prices,
  trainMenuNet: async (problem) => (await tedi.trainMenuNet(problem, FEW)).mechanism.parameters,
  trainGemNet: async (problem) => (await tedi.trainGemNet(problem, FEW)).mechanism.parameters,
  trainLotteryAma: async (problem) => (await tedi.trainLotteryAma(problem, FEW)).mechanism.parameters,
  async measureRegret(problem) {
    const { mechanism } = await tedi.trainRegretNet("U-1-2", FEW);
    return await tedi.measureRegret(problem, mechanism, { profiles: 3, starts: 1, steps: 1 });
  },
  trainRegretNet: async (problem) => (await tedi.trainRegretNet(problem, FEW)).mechanism.parameters,
  // A setting of reproducible goods is refused by its name.
  trainAffineMaximizer: (problem) => kernels.trainAffineMaximizer(problem, FEW).catch(ofUnitSupply),
  planAffineMaximizer: async (problem) => {
    try {
      return await kernels.planAffineMaximizer(problem, FEW);
    } catch (error) {
      return ofUnitSupply(error as Error);
    }
  },
  defaultAffineMaximizer: (problem) => kernels.defaultAffineMaximizer(problem),
  trainDiscrete: async (problem) => (await tedi.trainDiscrete(problem, FEW)).mechanism.parameters,
};

/** The message of a refusal of reproducible goods; any other error goes on. */
function ofUnitSupply(error: Error): string {
  if (/goods must exist once/.test(error.message)) return error.message;
  throw error;
}

/** What `deno doc --json` says of a function, as far as it is used here. */
interface Documented {
  readonly name: string;
  readonly declarations: readonly {
    readonly kind: string;
    readonly def: { readonly params?: readonly { readonly tsType?: { readonly kind: string } }[] };
  }[];
}

Deno.test("every function of the library that takes a problem takes the name of a setting, too", async () => {
  const { nodes } = JSON.parse((await deno(["doc", "--json", "mod.ts", "src/kernels.ts"])).stdout) as {
    nodes: Record<string, { readonly symbols: readonly Documented[] }>;
  };
  const taking = Object.values(nodes).flatMap(({ symbols }) => symbols).filter(({ declarations }) =>
    declarations.some(({ kind, def }) =>
      kind === "function" && def.params?.some(({ tsType }) => JSON.stringify(tsType ?? {}).includes("MechanismProblem"))
    )
  );
  assertEquals(taking.map(({ name }) => name).sort(), Object.keys(calls).sort());
  const problem = settingProblem("U-1-2");
  for (const [name, call] of Object.entries(calls)) {
    assert(Object.hasOwn(tedi, name) || Object.hasOwn(kernels, name));
    const [byProblem, byName] = [await call(problem), await call("U-1-2")];
    assert(byName !== undefined, name);
    assertEquals(byName, byProblem, name);
    await assertRejects(async () => await call("U-1"), InvalidInputError, "Cannot read setting", name);
  }
});
