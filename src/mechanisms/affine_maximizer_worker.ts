/**
 * What a worker thread of affine maximizers runs: it answers type profiles by what they lead to.
 *
 * @module
 */
import { answerTasks } from "../runtime/task_workers.ts";
import { outcomesTask } from "./affine_maximizer_outcomes.ts";

answerTasks(outcomesTask);
