/**
 * SIGKILL at random moments.
 *
 * @module
 */
import { contents, events, exists, type Fault, type Finding, type Lab, timeless } from "./lab.ts";
import { finish, lastCheckpoint, RESUMING, TRAINING, wholeRun } from "./training.ts";

/** A training that is killed up to three times on its way, at any moment from its start to its end. */
export const killedTraining: Fault = {
  name: "train: SIGKILL, then --resume",
  async trial(lab) {
    const { milliseconds } = await wholeRun(lab), folder = lab.path();
    let least = 0, struck = false;
    for (let kills = 1 + Math.floor(3 * lab.random()); kills > 0; kills--) {
      const begun = exists(`${folder}/config.json`);
      const { code, stdout } = await lab.tedi(["train", ...begun ? RESUMING : TRAINING, "--out", folder], {
        killAfter: milliseconds * lab.random(),
      });
      least = Math.max(least, lastCheckpoint(stdout));
      struck ||= code !== 0 && stdout.includes('"event":"iteration"');
    }
    return { struck, broken: await finish(lab, folder, least) };
  },
};

/** A lock that a killed process left behind. */
export const staleLock: Fault = {
  name: "train: the lock of a killed process",
  async trial(lab) {
    const { milliseconds } = await wholeRun(lab), folder = lab.path();
    for (let share = 0.6; !exists(`${folder}/.lock`); share += 0.2) { // later where nothing has begun
      await lab.tedi(["train", ...TRAINING, "--force", "--out", folder], { killAfter: milliseconds * share });
      if (share > 2) return { struck: false, broken: ["no process left a lock"] };
    }
    return { struck: true, broken: await finish(lab, folder, 0) };
  },
};

/** What an evaluation or an audit says, and the state of what it reads. */
function killedReader(name: string, args: readonly string[]): Fault {
  return {
    name: `${name}: SIGKILL, then again`,
    async trial(lab) {
      const { folder } = await wholeRun(lab), line = [name, folder, ...args, "--backend", "wasm", "--json", "--quiet"];
      const before = timeless([...contents(folder)]);
      const run = async () => {
        const start = performance.now(), { stdout } = await lab.tedi(line);
        return { said: timeless(events(stdout)), milliseconds: performance.now() - start };
      };
      const whole = await lab.once(line.join(" "), run);
      const { code } = await lab.tedi(line, { killAfter: whole.milliseconds * lab.random() });
      const again = await run(), broken: string[] = [];
      if (again.said !== whole.said) broken.push("its result differs");
      if (timeless([...contents(folder)]) !== before) broken.push("the run folder differs");
      return { struck: code !== 0, broken };
    },
  };
}

export const killedEvaluation: Fault = killedReader("evaluate", ["--profiles", "20000"]);

const TABLE: readonly string[] = [
  ..."table1 --methods VCG,Separable-OPT,Bundle-OPT --columns U-1-10,B-1-10,U-3-2-cp1-cd0,C-3-10-cp1-cd0".split(" "),
  ..."--seeds 0,1 --test-profiles 2000 --backend wasm --json --quiet".split(" "),
];

/** A table that is killed twice: finished cells stay as they are, and the tables are the same but for times. */
export const killedTable: Fault = {
  name: "table1: SIGKILL, then again",
  async trial(lab) {
    const whole = await lab.once("table", () => tableRun(lab, lab.path()));
    const folder = lab.path(), kept = new Map<string, string>(), broken: string[] = [];
    let struck = false;
    for (let kills = 0; kills < 2; kills++) {
      const { code, stdout } = await lab.tedi([...TABLE, "--out", folder], {
        killAfter: whole.milliseconds * lab.random(),
      });
      const cells = exists(folder) ? [...contents(folder)].filter(([name]) => /seed\d+_\d+\.json$/.test(name)) : [];
      const told = events(stdout).length + [...kept.keys()].length;
      if (cells.length < told) broken.push(`${told - cells.length} finished cells are gone`);
      for (const [name, text] of cells) kept.set(name, text);
      struck ||= code !== 0 && cells.length > 0;
    }
    const again = await tableRun(lab, folder), after = contents(folder);
    for (const [name, text] of kept) if (after.get(name) !== text) broken.push(`${name} was made again`);
    if (again.tables !== whole.tables) broken.push("the tables differ");
    return { struck, broken } satisfies Finding;
  },
};

/** Runs the table to its end; gives the tables without times. */
async function tableRun(lab: Lab, folder: string): Promise<{ tables: string; milliseconds: number }> {
  const start = performance.now(), { code, stderr } = await lab.tedi([...TABLE, "--out", folder]);
  if (code !== 0) throw new Error(`the table failed: ${stderr}`);
  const milliseconds = performance.now() - start,
    text = (ending: string) => Deno.readTextFileSync(`${folder}/table1.${ending}`);
  const cells = JSON.parse(text("json")).cells as { seconds: number; evaluationSeconds: number }[];
  // In the other two files seconds are the number that the cells have.
  const csv = cells.reduce(
    (lines, { seconds, evaluationSeconds }) =>
      lines.replace(`,${seconds},`, ",,").replace(`,${evaluationSeconds},`, ",,"),
    text("csv"),
  );
  const markdown = text("md").replaceAll(/\| \d+ \|$/gm, "|");
  return { tables: timeless([cells, csv, markdown]), milliseconds };
}
