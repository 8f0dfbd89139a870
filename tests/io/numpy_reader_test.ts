/** The reader of docs/file_formats.md in NumPy, as it is printed there, held against `tedi run`. */
import { assert, assertEquals } from "@std/assert";
import { encodeMechanism } from "../../src/io/mechanism_file.ts";
import { randomKey } from "../../src/random/key.ts";
import { uniforms } from "../../src/random/numbers.ts";
import { jsonLines, tedi } from "../cli/tedi.ts";
import { randomMechanism, randomOf } from "../mechanisms/random_mechanism.ts";

/** What a Python program prints; undefined where there is no Python, or it fails. */
function python(program: string, cwd?: string): string | undefined {
  try {
    const { success, stdout, stderr } = new Deno.Command("python3", { args: ["-c", program], cwd }).outputSync();
    if (!success) console.error(new TextDecoder().decode(stderr));
    return success ? new TextDecoder().decode(stdout) : undefined;
  } catch {
    return undefined;
  }
}

const hasNumpy = python("import importlib.util as u; print(u.find_spec('numpy') is not None)")?.trim() === "True";

/** The reader's text. */
function reader(): string {
  const text = Deno.readTextFileSync(new URL("../../docs/file_formats.md", import.meta.url));
  return /<!-- reader -->\s+```py\n([^]*?)```\s+<!-- end -->/.exec(text)![1];
}

/** Reads a mechanism, and what `tedi run` gives for types; prints the largest error, and the most that a list of outcomes beats it by. */
const DRIVER = `
import sys
from reader import *
meta, p = load("mechanism.safetensors")
ran = json.load(open("ran.json"))
most = meta.get("units", {}).get("largest", 1)
error, beaten, largest = 0, -1e9, 0
listed = np.random.default_rng(0).random((500, meta["shape"]["goods"])).round(1)
for one in ran:
    types = np.array(one["types"])
    for i, t in enumerate(types):
        chosen, paid = np.array(one["outcomes"][i]), one["payments"][i]
        error = max(error, abs(prices(meta, p, chosen[None], types, i)[0] - paid) / most)
        largest = max(largest, abs(paid) / most)
        beaten = max(beaten, ((listed @ t - prices(meta, p, listed, types, i)).max() - (chosen @ t - paid)) / most)
print(json.dumps([error, beaten, largest]))
`;

Deno.test({
  name: "the reader in NumPy has the prices that tedi run charges, and no outcome of a list is better than tedi run's",
  // Where there is no NumPy, tests/mechanisms/plain_prices_test.ts has the same arithmetic.
  ignore: !hasNumpy,
  async fn() {
    const mechanisms = [
      randomMechanism(1, 2, 3),
      randomOf(1, 4, { kind: "symmetric" }),
      randomOf(3, 2, {}, false), // participants who are not exchangeable
      randomOf(3, 3, { context: "set" }),
      randomOf(3, 2, { context: "set" }, false),
      randomOf(2, 2, { context: "none" }),
    ];
    const folders = await Promise.all(mechanisms.map(async (mechanism) => {
      const folder = await Deno.makeTempDir({ prefix: "tedi-numpy-" });
      const { participants: n, goods: m, units } = mechanism, B = 6;
      await Deno.writeTextFile(`${folder}/reader.py`, reader());
      await Deno.writeFile(`${folder}/mechanism.safetensors`, await encodeMechanism(mechanism));
      const flat = uniforms(randomKey(n), B * n * m).map((u) => u * (units?.largest ?? 1));
      const types = Array.from({ length: B }, (_, b) => (
        Array.from({ length: n }, (_, i) => [...flat.subarray((b * n + i) * m, (b * n + i + 1) * m)])
      ));
      const args = ["run", `${folder}/mechanism.safetensors`, "--types", "-", "--format", "json", "--json"];
      const { stdout } = await tedi(args, {}, JSON.stringify(types));
      const ran = jsonLines(stdout).map((one, b) => ({ ...one, types: types[b] }));
      await Deno.writeTextFile(`${folder}/ran.json`, JSON.stringify(ran));
      return folder;
    }));
    for (const [k, { participants: n, goods: m }] of mechanisms.entries()) {
      const printed = python(DRIVER, folders[k]);
      assert(printed !== undefined, "the reader fails");
      const [error, beaten, largest] = JSON.parse(printed!);
      assert(error < 1e-12 * Math.max(1, largest) && beaten < 1e-6 && largest > 1e-3, `${n} x ${m}: ${printed}`);
      await Deno.remove(folders[k], { recursive: true });
    }
  },
});

Deno.test("the reader is in the guide, and is short", () => {
  const lines = reader().split("\n").filter((line) => line.trim() !== "");
  assertEquals(lines.filter((line) => /^(def|import) /.test(line)).length, 5);
  assert(lines.length <= 54, `${lines.length} lines`);
});
