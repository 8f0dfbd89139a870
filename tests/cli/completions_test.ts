/** `tedi completions`: the scripts are read by the shells that are there, and know all commands and options. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { commands } from "../../src/cli/main.ts";
import { tedi } from "./tedi.ts";

/** What bash completes a line to, with the script. */
async function completed(script: string, words: readonly string[]): Promise<string[]> {
  const code = `${script}\nCOMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")})\n` +
    `COMP_CWORD=${words.length - 1}\n_tedi\nprintf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, code: rc, stderr } = await new Deno.Command("bash", { args: ["--norc", "-c", code] }).output();
  assertEquals([rc, new TextDecoder().decode(stderr)], [0, ""]);
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "");
}

Deno.test("tedi completions bash completes commands, options and choices", async () => {
  const { code, stdout } = await tedi(["completions", "bash"]);
  assertEquals(code, 0);
  assertEquals((await completed(stdout, ["tedi", ""])).filter((word) => !word.startsWith("-")), Object.keys(commands));
  assertEquals(await completed(stdout, ["tedi", "tra"]), ["train"]);
  assertEquals(await completed(stdout, ["tedi", "menu", "RUN", "--bun"]), ["--bundles"]);
  assertEquals(await completed(stdout, ["tedi", "menu", "RUN", "--format", "c"]), ["csv"]);
  assertEquals(await completed(stdout, ["tedi", "run", "RUN", "--nothing"]), []);
});

Deno.test("tedi completions knows every option in every shell, and refuses other shells", async () => {
  for (const shell of ["bash", "zsh", "fish"]) {
    const { code, stdout } = await tedi(["completions", shell]);
    assertEquals(code, 0);
    for (const { load } of Object.values(commands)) {
      const { name, groups } = await load();
      assertStringIncludes(stdout, name);
      for (const option of groups.flatMap(({ options }) => options)) {
        const said = shell === "fish" ? `-l ${option.name} ` : `--${option.name}`;
        assert(stdout.includes(said), `${shell}: ${name} ${said}`);
      }
    }
  }
  const { code, stderr } = await tedi(["completions", "tcsh"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, 'SHELL must be one of bash, zsh, fish, got "tcsh"');
});
