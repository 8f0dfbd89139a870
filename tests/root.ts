/**
 * The package's folder, and Deno in a process of its own.
 *
 * @module
 */
import { assertEquals } from "@std/assert";

/** The package's folder. */
export const ROOT = new URL("../", import.meta.url);

/** All files under a folder of the package, such as `src/`, by path. */
export function filesUnder(folder: string): string[] {
  return Array.from(Deno.readDirSync(new URL(folder, ROOT))).flatMap(({ name, isDirectory }) =>
    isDirectory ? filesUnder(`${folder}${name}/`) : [`${folder}${name}`]
  ).sort();
}

/** What a process printed. */
export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program, and gives what it printed; fails where it fails. */
export async function succeed(
  program: string,
  args: readonly string[],
  options: Deno.CommandOptions = {},
): Promise<Printed> {
  const { code, stdout, stderr } = await new Deno.Command(program, {
    stdin: "null",
    ...options,
    args: [...args],
    env: { NO_COLOR: "1", ...options.env },
  }).output();
  const printed = { stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  assertEquals(code, 0, `${program} ${args.join(" ")}\n${printed.stdout}${printed.stderr}`);
  return printed;
}

/** Runs Deno, in the package's folder unless told otherwise. */
export function deno(args: readonly string[], options: Deno.CommandOptions = {}): Promise<Printed> {
  return succeed(Deno.execPath(), args, { cwd: ROOT, ...options });
}
