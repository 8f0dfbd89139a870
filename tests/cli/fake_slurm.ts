/**
 * Commands of Slurm that run a job array on this machine, without a controller or root: what of Slurm a sweep needs, as
 * far as it needs it. State is in files of one folder.
 *
 * @module
 */

/** Runs a task, and once more whenever it was queued again. */
const RUN_TASK = `#!/bin/bash
# run-task FOLDER SCRIPT JOB TASK LOG
folder=$1 script=$2 job=$3 task=$4 log=$5
export SLURM_ARRAY_JOB_ID=$job SLURM_ARRAY_TASK_ID=$task SLURM_RESTART_COUNT=0
while [ -e "$folder/hold" ]; do sleep 0.05; done
while true; do
  bash "$script" >>"$log" 2>&1 &
  echo $! >"$folder/$job"_"$task.running"
  wait $!
  rm -f "$folder/$job"_"$task.running"
  [ -e "$folder/$job"_"$task.again" ] || break
  rm "$folder/$job"_"$task.again"
  SLURM_RESTART_COUNT=$((SLURM_RESTART_COUNT + 1))
done
rm -f "$folder/$job"_"$task.queued"
`;

const commands = (folder: string, nodes: string): Record<string, string> => ({
  sbatch: `
if [ "$1" = --version ]; then echo "slurm 22.05.8"; exit; fi
script=\${@: -1}
option() { sed -n "s/^#SBATCH --$1=//p" "$script"; }
job=$(($(cat ${folder}/jobs 2>/dev/null || echo 0) + 1))
echo $job >${folder}/jobs
last=$(option array); last=\${last#0-}
output=$(option output)
for task in $(seq 0 $last); do
  touch ${folder}/\${job}_$task.queued
  setsid bash ${folder}/run-task ${folder} "$script" $job $task "\${output//%a/$task}" </dev/null >/dev/null 2>&1 &
done
echo "$job;fake"`,
  squeue: `
while [ $# -gt 0 ]; do [ "$1" = --jobs ] && job=$2; shift; done
for file in ${folder}/\${job}_*.queued; do
  [ -e "$file" ] || continue
  task=$(basename "$file" .queued)
  if [ -e ${folder}/$task.running ]; then echo "$task|RUNNING|here"; else echo "$task|PENDING|(Priority)"; fi
done`,
  scontrol: `
case "$*" in
  "show config") echo "MaxArraySize            = 5" ;;
  "--oneliner show node") ${
    nodes.split(" ").map((name) => `echo "NodeName=n NodeHostName=${name} Port=1"`).join("; ")
  } ;;
  "show job "*) echo "   JobState=RUNNING Reason=None" ;;
  "requeue "*) touch ${folder}/$2.again ;;
  *) echo "fake scontrol: $*" >&2; exit 1 ;;
esac`,
  scancel: `
for file in ${folder}/$1_*.running; do [ -e "$file" ] && kill -TERM $(cat "$file"); done
exit 0`,
});

/** A cluster that is none. */
export interface FakeSlurm {
  /** The folder of its state: `1_0.running` has the process of a task's script; no task begins while there is `hold`. */
  readonly folder: string;
  /** The variables with which its commands are found. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Writes the commands.
 *
 * @param nodes Names of the machines that it claims to have.
 */
export async function fakeSlurm(folder: string, nodes: string = Deno.hostname()): Promise<FakeSlurm> {
  await Deno.mkdir(`${folder}/bin`, { recursive: true });
  for (const [name, text] of Object.entries(commands(folder, nodes))) {
    await Deno.writeTextFile(`${folder}/bin/${name}`, `#!/bin/bash\n${text}\n`, { mode: 0o755 });
  }
  await Deno.writeTextFile(`${folder}/run-task`, RUN_TASK, { mode: 0o755 });
  return { folder, env: { PATH: `${folder}/bin:${Deno.env.get("PATH")}` } };
}
