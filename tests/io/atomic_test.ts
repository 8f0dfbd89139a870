import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { MachineError } from "../../src/errors.ts";
import { removeTempFiles, writeFileAtomic } from "../../src/io/atomic.ts";

async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await work(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function names(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map((entry) => entry.name).sort();
}

/** Runs `work` while `method` of `target` throws. */
async function whileFailing<T, K extends keyof T>(
  target: T,
  method: K,
  message: string,
  work: () => Promise<void>,
): Promise<void> {
  const original = target[method];
  target[method] = (() => Promise.reject(new Error(message))) as T[K];
  try {
    await work();
  } finally {
    target[method] = original;
  }
}

Deno.test("writeFileAtomic: creates and replaces, text and bytes, and leaves nothing else", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a.json`;
    await writeFileAtomic(path, "é\n");
    assertEquals(await Deno.readTextFile(path), "é\n");
    const bytes = new Uint8Array(300_000).map((_, i) => i);
    await writeFileAtomic(path, bytes);
    assertEquals(await Deno.readFile(path), bytes);
    await writeFileAtomic(path, "");
    assertEquals(await Deno.readTextFile(path), "");
    assertEquals(names(folder), ["a.json"]);
  });
});

Deno.test("writeFileAtomic: writes at once to the same path leave one of the contents", async () => {
  await withFolder(async (folder) => {
    const contents = Array.from({ length: 20 }, (_, i) => String(i).repeat(10_000));
    await Promise.all(contents.map((content) => writeFileAtomic(`${folder}/a`, content)));
    assert(contents.includes(await Deno.readTextFile(`${folder}/a`)));
    assertEquals(names(folder), ["a"]);
  });
});

Deno.test("writeFileAtomic: a path that cannot be written is named, with the reason", async () => {
  await withFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/file`, "old");
    for (const path of [`${folder}/file/a`, `${folder}/none/a`, "/proc/a"]) {
      const error = await assertRejects(() => writeFileAtomic(path, "new"), MachineError, `Cannot write ${path}: `);
      assert(!/os error|tmp'/.test(error.message), error.message);
      assert(error.cause instanceof Error);
    }
    assertEquals(names(folder), ["file"]);
  });
});

Deno.test("writeFileAtomic: when the disk is full or the rename fails, the old file stays and no other", async () => {
  const full = "No space left on device (os error 28): write '/x'";
  await withFolder(async (folder) => {
    const path = `${folder}/a`;
    await Deno.writeTextFile(path, "old");
    const expectFailure = async (): Promise<void> => {
      const error = await assertRejects(() => writeFileAtomic(path, "new"), MachineError);
      assertEquals(error.message, `Cannot write ${path}: no space left on device`);
      assertEquals(await Deno.readTextFile(path), "old");
      assertEquals(names(folder), ["a"]);
    };
    await whileFailing(Deno.FsFile.prototype, "write", full, expectFailure);
    await whileFailing(Deno.FsFile.prototype, "sync", full, expectFailure);
    await whileFailing(Deno as { rename: unknown }, "rename", full, expectFailure);
    await Deno.remove(path);
    await Deno.mkdir(`${path}/b`, { recursive: true });
    const error = await assertRejects(() => writeFileAtomic(path, "new"), MachineError);
    assertStringIncludes(error.message, `Cannot write ${path}: `);
    assertEquals(names(folder), ["a"]);
  });
});

Deno.test("writeFileAtomic: a killed process leaves the old content or the new", async () => {
  await withFolder(async (folder) => {
    const path = `${folder}/a`;
    const module = new URL("../../src/io/atomic.ts", import.meta.url).href;
    const code = `import { writeFileAtomic } from ${JSON.stringify(module)};
      for (let i = 0;; i++) await writeFileAtomic(${JSON.stringify(path)}, String(i % 10).repeat(1_000_000));`;
    const script = `data:application/typescript,${encodeURIComponent(code)}`;
    for (let kill = 0; kill < 5; kill++) {
      await Deno.remove(path).catch(() => {});
      const child = new Deno.Command(Deno.execPath(), { args: ["run", "-A", "--no-check", script] }).spawn();
      while (!names(folder).includes("a")) await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setTimeout(resolve, 3 + 7 * kill));
      child.kill("SIGKILL");
      await child.status;
      const content = await Deno.readTextFile(path);
      assertEquals(content, content[0].repeat(1_000_000));
    }
    await removeTempFiles(folder, ["a"]);
    assertEquals(names(folder), ["a"]);
  });
});

Deno.test("removeTempFiles: removes the leftovers of the named files alone", async () => {
  await withFolder(async (folder) => {
    const uuid = crypto.randomUUID();
    const mine = `.a.json.${uuid}.tmp`;
    const others = [`.b.json.${uuid}.tmp`, ".a.json.tmp", `a.json.${uuid}.tmp`, "a.json", `.a.json.${uuid}.tmp2`];
    for (const name of [mine, ...others]) await Deno.writeTextFile(`${folder}/${name}`, "");
    await removeTempFiles(folder, ["a.json"]);
    assertEquals(names(folder), others.sort());
    await assertRejects(
      () => removeTempFiles(`${folder}/none`, ["a"]),
      MachineError,
      `Cannot clean ${folder}/none: no such`,
    );
  });
});
