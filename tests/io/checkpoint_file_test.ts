/** Checkpoints in files: nothing is lost, and nothing that is damaged or a mechanism gets in. */
import { assertEquals, assertRejects } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/io/checkpoint_file.ts";
import { encodeMechanism } from "../../src/io/mechanism_file.ts";
import type { Checkpoint } from "../../src/training/state.ts";
import { randomMechanism } from "../mechanisms/random_mechanism.ts";

const checkpoint: Checkpoint = {
  tensors: { chains: { shape: [2, 2], data: Float32Array.of(0.1, 0.2, 0.3, 1) } },
  metadata: { progress: `{"iteration":1,"growth":0}`, problem: "U_{1,2}^{0,0}", seed: "3" },
};

Deno.test("a checkpoint comes back from the bytes of its file as it was", async () => {
  const { tensors, metadata } = await decodeCheckpoint(await encodeCheckpoint(checkpoint), "a file");
  assertEquals({ tensors: { ...tensors }, metadata: { ...metadata } }, checkpoint);
});

Deno.test("damaged bytes and mechanisms are no checkpoints", async () => {
  const bytes = await encodeCheckpoint(checkpoint);
  bytes[bytes.length - 1] ^= 1;
  await assertRejects(() => decodeCheckpoint(bytes, "a file"), InvalidInputError, "the file is damaged");
  const mechanism = await encodeMechanism(randomMechanism(1, 2, 2));
  const words = "Cannot read a file: it must be a checkpoint, got a mechanism";
  await assertRejects(() => decodeCheckpoint(mechanism, "a file"), InvalidInputError, words);
});
