/**
 * Builds src/playground/script.ts from the code in src/playground/browser/: `deno task build-playground`. With
 * `--check` it only compares, and exits with 1 where the file is not what its sources make.
 *
 * esbuild was chosen because it takes TypeScript as it is, and drops what is not used: TensorFlow.js, above all.
 */
import { build, stop } from "esbuild";

const FOLDER = new URL("../src/playground/", import.meta.url);
const SCRIPT = new URL("script.ts", FOLDER);

/** The code of the page. */
interface Bundle {
  readonly text: string;
  /** The source files of which something is in it. */
  readonly sources: readonly string[];
}

/** The code of the page in one piece. What it would still load from elsewhere is an error. */
export async function playgroundBundle(): Promise<Bundle> {
  try {
    const { outputFiles, metafile, warnings } = await build({
      entryPoints: [new URL("browser/main.ts", FOLDER).pathname],
      ...{ bundle: true, write: false, metafile: true, format: "esm", platform: "browser", target: "es2022" },
      ...{ minify: true, charset: "ascii", legalComments: "none", logLevel: "silent" },
      external: ["npm:*", "node:*"],
    });
    const [{ imports, inputs }] = Object.values(metafile.outputs);
    if (imports.length > 0) throw new Error(`It loads ${imports.map(({ path }) => path).join(", ")}`);
    if (warnings.length > 0) throw new Error(warnings[0].text);
    const text = outputFiles[0].text.trimEnd();
    if (/<\/script|<!--/i.test(text)) throw new Error("It has a text that ends, or hides, a script in HTML");
    const sources = Object.keys(inputs).filter((path) => inputs[path].bytesInOutput > 0);
    return { text, sources: sources.map((path) => path.replace(/^.*\bsrc\//, "src/")) };
  } finally {
    await stop();
  }
}

/** The text of script.ts for a bundle. */
export function scriptText({ text }: Bundle): string {
  const parts = text.match(/[^]{1,1000}/g)!;
  return [
    "/**\n * The code of the playground's page, built by `deno task build-playground` from browser/.\n *\n * @module\n */\n",
    "// deno-fmt-ignore-file\n",
    `/** An ES module that imports nothing. */\nexport const SCRIPT: string = [\n`,
    ...parts.map((part) => `  ${JSON.stringify(part)},\n`),
    `].join("");\n`,
  ].join("");
}

if (import.meta.main) {
  const text = scriptText(await playgroundBundle());
  if (!Deno.args.includes("--check")) Deno.writeTextFileSync(SCRIPT, text);
  else if (Deno.readTextFileSync(SCRIPT) !== text) {
    console.error("src/playground/script.ts is not what its sources make: run deno task build-playground");
    Deno.exit(1);
  }
}
