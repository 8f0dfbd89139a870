import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { closestLine, othersMeans, othersTell } from "../../src/problems/others_types.ts";
import { settingProblem } from "../../src/problems/settings.ts";
import { defineProblem } from "../../src/problems/user_module.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";

Deno.test("the mean of the others' types is of the same good, in the order of types", () => {
  const types = Float32Array.of(0, 0.5, 0.25, 1, 1, 0.75); // of 3 participants and 2 goods
  assertEquals([...othersMeans(types, 3, 2)], [0.625, 0.875, 0.5, 0.625, 0.125, 0.75]);
  assertEquals([...othersMeans(types, 1, 2)], Array(6).fill(0));
});

Deno.test("a line is flat where chance alone may make it rise", () => {
  const [x, noise] = [1, 2].map((seed) => Float64Array.from(uniforms(randomKey(seed), 1000)));
  assertEquals(closestLine(noise, x), { slope: 0, share: 0 });
  const { slope, share } = closestLine(x.map((u, k) => 0.5 - 0.4 * u + 0.2 * noise[k]), x);
  assertAlmostEquals(slope, -0.4, 0.03);
  assertAlmostEquals(share, 0.8, 0.03); // 0.4^2 of 0.4^2 + 0.2^2
  assertEquals(closestLine(x.fill(0.5), noise), { slope: 0, share: 0 }, "what does not vary");
});

Deno.test("the others' types tell where participants nearly agree", () => {
  const tells = (noise: number) =>
    othersTell(defineProblem({
      ...{ participants: 3, goods: 1 },
      sampleTypes: (random, profiles) => {
        const own = random.uniform(3 * profiles), common = random.uniform(profiles);
        return own.map((u, at) => noise * u + (1 - noise) * common[Math.floor(at / 3)]);
      },
    }));
  assertEquals([0, 0.1, 0.5, 1].map(tells), [true, true, false, false]);
  assert(!othersTell(settingProblem("U-3-1-cp1-cd0")) && !othersTell(settingProblem("C-3-2-cp1-cd0")));
  assert(!othersTell(settingProblem("U-1-2")), "where there are no others");
});
