/** `deno task bench-peers --gpu` says what is missing, before it measures anything. */
import { assertEquals, assertStringIncludes } from "@std/assert";

Deno.test("a comparison on a GPU wants a PyTorch with CUDA", async () => {
  const script = new URL("../../bench/compare_peers.ts", import.meta.url).href;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, "--gpu", "--python", "/nowhere/python3"],
    env: { NO_COLOR: "1" },
  }).output();
  const said = new TextDecoder().decode(stderr);
  assertEquals([code, stdout.length], [2, 0], said);
  assertStringIncludes(
    said,
    "Cannot compare on a GPU: --python must be an interpreter whose PyTorch has a CUDA device, got /nowhere/python3 " +
      "(there is no /nowhere/python3)",
  );
});
