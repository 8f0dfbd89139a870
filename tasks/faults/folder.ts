/**
 * What can be wrong with a run folder: no room, another process, files of another time.
 *
 * @module
 */
import { exists, type Fault, type Finding, type Lab } from "./lab.ts";
import { differences, finish, lastCheckpoint, RESUMING, stoppedRun, TRAINING, wholeRun } from "./training.ts";

/** Where a run is stopped before something is done to its folder. */
const stopAt = (lab: Lab) => 9 + Math.floor(100 * lab.random());

/** Checks that a run ended as a full disk should end it, and that it goes on once there is room. */
async function afterFull(lab: Lab, folder: string, least: number, full: Promise<{ code: number; stderr: string }>) {
  const { code, stderr } = await full, broken: string[] = [];
  const message = new RegExp(`^error: Cannot write .*${folder}.*: (no space left on device|file too large)`, "m");
  if (code !== 1 || !message.test(stderr)) broken.push(`a full disk ended with ${code}: ${stderr.trim()}`);
  return { broken, finish: async () => [...broken, ...await finish(lab, folder, least)] };
}

/** No file can be longer than a part of a checkpoint. */
export const fileLimit: Fault = {
  name: "train: no room for a checkpoint (file size limit)",
  unavailable: () => Deno.build.os === "windows" ? "there is no ulimit" : undefined,
  async trial(lab) {
    const folder = lab.path(), { stdout } = await stoppedRun(lab, folder, stopAt(lab));
    const least = lastCheckpoint(stdout), { size } = Deno.statSync(`${folder}/checkpoint.safetensors`);
    const largestFile = Math.floor(size * (0.5 + 0.4 * lab.random()));
    const full = lab.tedi(["train", ...RESUMING, "--out", folder], { largestFile });
    return { struck: true, broken: await (await afterFull(lab, folder, least, full)).finish() };
  },
};

/** A file system of its own, filled up but for less than a checkpoint. */
export const fullDisk: Fault = {
  name: "train: disk full (a small file system)",
  async unavailable() {
    const folder = Deno.makeTempDirSync();
    try {
      if (!await mount(folder, 1)) return "a file system can be mounted by root on Linux alone";
      await unmount(folder);
    } finally {
      Deno.removeSync(folder);
    }
  },
  async trial(lab): Promise<Finding> {
    const disk = lab.path(), folder = `${disk}/run`, ballast = `${disk}/ballast`;
    Deno.mkdirSync(disk);
    if (!await mount(disk, 8)) throw new Error("the file system is not there");
    try {
      const { stdout } = await stoppedRun(lab, folder, stopAt(lab));
      const least = lastCheckpoint(stdout), { size } = Deno.statSync(`${folder}/checkpoint.safetensors`);
      fill(ballast, Math.floor(size * lab.random()));
      const full = lab.tedi(["train", ...RESUMING, "--out", folder]);
      const after = await afterFull(lab, folder, least, full);
      Deno.removeSync(ballast);
      return { struck: true, broken: await after.finish() };
    } finally {
      await unmount(disk);
    }
  },
};

/** Writes a file until the disk is full, and gives some of its bytes back. */
function fill(path: string, room: number): void {
  using file = Deno.openSync(path, { write: true, create: true });
  const block = new Uint8Array(4096);
  let length = 0;
  try {
    for (;;) length += file.writeSync(block);
  } catch { /* full */ }
  file.truncateSync(Math.max(0, length - room));
}

async function mount(folder: string, megabytes: number): Promise<boolean> {
  if (Deno.build.os !== "linux") return false;
  return await quietly("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "tedi-faults", folder]);
}

function unmount(folder: string): Promise<boolean> {
  return quietly("umount", [folder]);
}

async function quietly(command: string, args: readonly string[]): Promise<boolean> {
  try {
    const child = new Deno.Command(command, { args: [...args], stdin: "null", stdout: "null", stderr: "null" });
    return (await child.output()).success;
  } catch {
    return false; // there is no such command
  }
}

/** Others come while a run is under way: each is refused, and the run is not harmed. */
export const twoProcesses: Fault = {
  name: "train: other processes in its run folder",
  async trial(lab) {
    const folder = lab.path(), at = stopAt(lab), broken: string[] = [];
    let others: Promise<void>[] | undefined;
    const visit = async (args: readonly string[]) => {
      const { code, stderr } = await lab.tedi(["train", ...args, "--out", folder]);
      if (code !== 2 || !stderr.includes("must be in use by no other process")) {
        // It may have come after the run was done.
        if (!exists(`${folder}/mechanism.safetensors`)) broken.push(`${args[0]} ended with ${code}: ${stderr.trim()}`);
      }
    };
    const { code, stderr } = await lab.tedi(["train", ...TRAINING, "--iterations", "600", "--out", folder], {
      onOutput(stdout) {
        if (!stdout.includes(`"iteration":${at},`)) return;
        others ??= [visit(RESUMING), visit(["--force", ...TRAINING, "--iterations", "600"])];
      },
    });
    await Promise.all(others ?? []);
    if (code !== 0) broken.push(`the first ended with ${code}: ${stderr.trim()}`);
    const whole = await wholeRun(lab, ["--iterations", "600"]);
    return { struck: others !== undefined, broken: [...broken, ...await differences(folder, whole.folder)] };
  },
};

/** Two begin at once: one of them trains, and the other is refused. */
export const twoBeginners: Fault = {
  name: "train: two begin in one folder at once",
  async trial(lab) {
    const folder = lab.path(), run = () => lab.tedi(["train", ...TRAINING, "--out", folder]);
    const codes = (await Promise.all([run(), run()])).map(({ code }) => code).sort();
    const broken = codes.join() === "0,2" ? [] : [`they ended with ${codes.join(" and ")}`];
    return { struck: true, broken: [...broken, ...await differences(folder, (await wholeRun(lab)).folder)] };
  },
};

/** Files get times of the past and of the future: what counts is the iteration in them. */
export const clockChange: Fault = {
  name: "train: file times in the past and the future",
  async trial(lab) {
    const folder = lab.path(), { stdout } = await stoppedRun(lab, folder, stopAt(lab));
    for (const { name } of Deno.readDirSync(folder)) {
      // The checkpoint before the last one is the newest by its time.
      const time = name.includes("previous") ? 4_000_000_000 : Math.floor(1_500_000_000 * lab.random());
      Deno.utimeSync(`${folder}/${name}`, time, time);
    }
    return { struck: true, broken: await finish(lab, folder, lastCheckpoint(stdout)) };
  },
};
