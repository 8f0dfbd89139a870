import { assertAlmostEquals } from "@std/assert";
import { tf } from "../../src/deps/tfjs.ts";
import { intoBox } from "../../src/sampling/boundary.ts";
import { forEachDevice } from "../devices.ts";

/** [from, reflected, projected] */
const CASES = [
  [0, 0, 0],
  [0.3, 0.3, 0.3],
  [1, 1, 1],
  [-0.2, 0.2, 0],
  [1.2, 0.8, 1],
  [-1.3, 0.7, 0],
  [2.4, 0.4, 1],
  [3.1, 0.9, 1],
  [-2.25, 0.25, 0],
] as const;

forEachDevice("points outside come back by reflection or projection, however far", async () => {
  const points = tf.tensor1d(CASES.map(([from]) => from));
  const reflected = await intoBox(points, "reflect").data(), projected = await intoBox(points, "project").data();
  CASES.forEach(([from, reflect, project], k) => {
    assertAlmostEquals(reflected[k], reflect, 1e-6, `reflect ${from}`);
    assertAlmostEquals(projected[k], project, 1e-6, `project ${from}`);
  });
});
