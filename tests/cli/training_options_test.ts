/** Training options from the command line. */
import { assertEquals, assertThrows } from "@std/assert";
import { chosenTraining, requireSameTraining } from "../../src/cli/training_options.ts";
import { InvalidInputError } from "../../src/errors.ts";
import { settingProblem } from "../../src/problems/settings.ts";

Deno.test("the default widths are those of the context that is chosen", () => {
  const network = (values: Record<string, unknown>) => {
    const { hidden, context } = chosenTraining(settingProblem("U-3-2"), values).network;
    return [context, hidden];
  };
  assertEquals(network({}), ["set", [32]]);
  assertEquals(network({ context: "dense" }), ["dense", [64]]);
  assertEquals(network({ context: "dense", hidden: [8, 8] }), ["dense", [8, 8]]);
  assertEquals(network({ hidden: [8] }), ["set", [8]]);
  assertThrows(() => network({ hidden: [8, 8] }), InvalidInputError, "network.hidden must be one width, or three");
});

Deno.test("a run without a context in its options has a dense one", () => {
  const { network, ...rest } = chosenTraining(settingProblem("U-3-2"), { context: "dense" });
  const { context: _, ...old } = network;
  requireSameTraining({ context: "dense" }, { ...rest, network: old }, "config.json");
  const other = () => requireSameTraining({ context: "set" }, { ...rest, network: old }, "config.json");
  assertThrows(other, InvalidInputError, "--context must be left out or be dense, as in config.json, got set");
});
