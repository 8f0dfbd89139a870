/** The faults of `deno task faults`, once each: nothing that was finished is lost, and no bit differs. */
import { assertEquals } from "@std/assert";
import { FAULTS } from "../../tasks/faults.ts";
import { lostGpu } from "../../tasks/faults/machine.ts";
import { openLab } from "../../tasks/faults/lab.ts";

Deno.test("nothing is lost by a fault", { ignore: Deno.build.os === "windows" }, async (t) => {
  const lab = openLab(1);
  try {
    for (const fault of FAULTS) {
      // A lost GPU has tests of its own, of training.
      const ignore = fault === lostGpu || await fault.unavailable?.() !== undefined;
      await t.step({
        name: fault.name,
        ignore,
        fn: async () => assertEquals((await fault.trial(lab)).broken, []),
        sanitizeResources: false, // devices and threads stay open
        sanitizeOps: false,
      });
    }
  } finally {
    lab.close();
  }
});
