/**
 * What a worker thread of training runs: it answers shares of profiles by their gradients.
 *
 * @module
 */
import { answerTasks } from "../../runtime/task_workers.ts";
import { gradientShare } from "./gradient_share.ts";

answerTasks(gradientShare);
