/**
 * How long a fresh process takes to start, beside `deno eval 1`: `deno task bench-start`, about a minute. Modules are
 * in Deno's cache; the ways take turns, and the least time of each counts.
 *
 *   --runs 20   turns
 *   --json      one JSON object instead of a table
 */
import { parseArgs } from "@std/cli";
import { InvalidInputError } from "../src/errors.ts";

const MODULE = new URL("../mod.ts", import.meta.url).href;

const { runs: text, json } = parseArgs(Deno.args, { string: ["runs"], boolean: ["json"], default: { runs: "20" } });
const runs = Number(text);
if (!Number.isSafeInteger(runs) || runs < 1) {
  throw new InvalidInputError(`Cannot measure: --runs must be a positive integer, got ${text}`);
}

const folder = await Deno.makeTempDir();
try {
  await Deno.writeTextFile(`${folder}/empty.ts`, "");
  await Deno.writeTextFile(`${folder}/import.ts`, `import ${JSON.stringify(MODULE)};`);
  const config = ["--config", new URL("../deno.json", import.meta.url).pathname];
  const bare = ["--no-config", "--no-lock"]; // as by a URL: packages' versions are resolved anew
  const ways: Readonly<Record<string, readonly string[]>> = {
    "deno eval 1": ["eval", "1"],
    "an empty script": ["run", `${folder}/empty.ts`],
    "tedi --help": ["run", "-A", MODULE, "--help"],
    "tedi train --help": ["run", "-A", MODULE, "train", "--help"],
    "a script that imports mod.ts": ["run", "-A", ...config, `${folder}/import.ts`],
    "tedi --help, without a lock file": ["run", "-A", ...bare, MODULE, "--help"],
  };
  const least = new Map<string, number>();
  for (let run = -1; run < runs; run++) {
    for (const [name, args] of Object.entries(ways)) {
      const start = performance.now();
      const { code, stderr } = await new Deno.Command(Deno.execPath(), { args: [...args], stdin: "null" }).output();
      const milliseconds = performance.now() - start;
      if (code !== 0) throw new Error(`${name} failed: ${new TextDecoder().decode(stderr)}`);
      if (run >= 0) least.set(name, Math.min(milliseconds, least.get(name) ?? Infinity)); // the first fills caches
    }
  }
  const base = least.get("deno eval 1")!;
  if (json) console.log(JSON.stringify({ runs, milliseconds: Object.fromEntries(least) }));
  else {
    for (const [name, time] of least) {
      console.log(`${name.padEnd(34)}${time.toFixed(0).padStart(5)} ms${(time - base).toFixed(0).padStart(6)} ms more`);
    }
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
