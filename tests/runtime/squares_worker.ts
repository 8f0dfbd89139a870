/**
 * A worker for tests: it squares numbers, fails at 3, and ends at 5.
 *
 * @module
 */
import process from "node:process";
import { answerTasks } from "../../src/runtime/task_workers.ts";

answerTasks((x: number) => {
  if (x === 3) throw new Error("no 3");
  if (x === 5) process.exit(0);
  return x * x;
});
