/** The examples in `tasks/examples/` do what they say, each in a process of its own with as few permissions as it needs. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";

const EXAMPLES = new URL("../../tasks/examples/", import.meta.url);
const VALUATIONS = new URL("valuations.csv", EXAMPLES);

let npm: Promise<string> | undefined;

/** Where Deno keeps packages: TensorFlow.js reads a file there. */
function npmFolder(): Promise<string> {
  return npm ??= (async () => {
    const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
    return JSON.parse(new TextDecoder().decode(stdout)).npmCache;
  })();
}

/** What an example prints. */
async function example(name: string, args: readonly string[] = [], read: readonly string[] = []): Promise<string> {
  const permission = `--allow-read=${[await npmFolder(), ...read].join(",")}`;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--quiet", permission, new URL(name, EXAMPLES).href, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  assertEquals(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** The number behind some words of a text. */
function numberAfter(words: string, text: string): number {
  const found = text.split(words)[1]?.match(/^\W*(-?\d+\.\d+)/)?.[1];
  assert(found !== undefined, `no number after ${words} in ${text}`);
  return Number(found);
}

Deno.test("a first mechanism, in ten lines, earns more than the goods by themselves", async () => {
  assertEquals((await Deno.readTextFile(new URL("first_mechanism.ts", EXAMPLES))).trim().split("\n").length, 10);
  const text = await example("first_mechanism.ts", ["200"]), revenue = numberAfter("revenue", text);
  assert(revenue > 0.52 && revenue < 0.56, text); // 0.5 by itself, 0.5492 at best
  const pays = numberAfter("pays", text);
  assert(pays > 0.5 && pays < 0.95, text); // the optimum: 0.862 for both, 2/3 for one
});

Deno.test("valuations of one's own are sold to for more than any two prices would earn", async () => {
  const rows = (await Deno.readTextFile(VALUATIONS)).trim().split("\n").slice(1).map((row) =>
    row.split(",").map(Number)
  );
  assertEquals(rows.length, 400);
  const best = [0, 1].reduce((sum, good) => {
    const earned = rows.map(([...row]) => row[good] * rows.filter((other) => other[good] >= row[good]).length);
    return sum + Math.max(...earned) / rows.length;
  }, 0);
  const text = await example("own_valuations.ts", [VALUATIONS.pathname, "100"], [VALUATIONS.pathname]);
  assert(best > 0.45 && numberAfter("held-out valuations", text) > best + 0.1, `${best}\n${text}`);
  assertEquals(text.match(/gets \d\.\d\d and \d\.\d\d, pays/g)?.length, 4);
});

Deno.test("a principal who cares for participants leaves them more, and sells more", async () => {
  const text = await example("own_principal.ts", ["100"]), [profit, welfare] = text.split("public seller");
  assert(numberAfter("the buyer's", welfare) > numberAfter("the buyer's", profit) + 0.04, text);
  const [less, more] = Array.from(text.matchAll(/sells (\d+)%/g), ([, share]) => Number(share));
  assert(more > less + 5, text);
});

Deno.test("TEDI beside baselines: all learn, and the known ones earn what is known", async () => {
  const text = await example("compare_with_baseline.ts", ["120"]), value = (name: string) => numberAfter(name, text);
  assert(Math.abs(value("Separable-OPT") - 0.5) < 0.009, text); // five standard errors
  assert(Math.abs(value("Bundle-OPT") - 0.5443) < 0.009, text); // 2/3 sqrt(2/3)
  assert(value("TEDI") > value("Separable-OPT") + 0.02 && value("TEDI") < 0.56, text);
  assert(value("MD-MenuNet") > value("Separable-OPT") + 0.02 && value("MD-MenuNet") < 0.56, text);
  assertEquals(value("known optimum"), 0.5492);
});

Deno.test("a learned mechanism passes the audit, and the first-price auction does not", async () => {
  const [learned, firstPrice] = (await example("audit.ts", ["40"])).split("first-price auction");
  assertStringIncludes(learned, "all 10 checks passed");
  assertStringIncludes(firstPrice, "1 of 5 checks failed");
  assert(numberAfter("truthful         FAILED", firstPrice) > 0.1, firstPrice);
  const lie = /participant [12] of (\S+),(\S+) had better say (\S+)/.exec(firstPrice)!.slice(1).map(Number);
  assert(lie[2] < Math.max(lie[0], lie[1]) && lie[2] >= Math.min(lie[0], lie[1]), String(lie));
});

/** A cell of a notebook. */
interface Cell {
  readonly cell_type: string;
  readonly source: readonly string[];
}

Deno.test({
  name: "in the notebook every cell ends with a result that shows itself",
  sanitizeResources: false, // devices and threads stay open
  sanitizeOps: false,
  async fn() {
    const { cells } = JSON.parse(await Deno.readTextFile(new URL("first_mechanism.ipynb", EXAMPLES)));
    const code = (cells as Cell[]).filter(({ cell_type }) => cell_type === "code").map(({ source }) => source.join(""));
    // As the kernel does: the value of the last line is asked to display itself.
    const lines = code.flatMap((cell) => {
      const lines = cell.trim().split("\n"), [last] = lines.splice(-1);
      return [...lines, `shown.push(await (${last.replace(/;$/, "")})[Symbol.for("Jupyter.display")]());`];
    });
    const path = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      const text = ["export const shown: any[] = [];", ...lines].join("\n");
      await Deno.writeTextFile(path, text.replaceAll("../../mod.ts", new URL("../../mod.ts", EXAMPLES).href));
      const { shown } = await import(`file://${path}`);
      const types = shown.map((bundle: Record<string, string>) => Object.keys(bundle).sort().join(" "));
      const [chart, table] = ["image/svg+xml text/plain", "text/html text/plain"];
      assertEquals(types, [chart, chart, table, table]);
      assertStringIncludes(shown[3]["text/html"], "all 10 checks passed");
    } finally {
      await Deno.remove(path);
    }
  },
});
