import { assertEquals, assertRejects } from "@std/assert";
import { MachineError } from "../../src/errors.ts";
import { mapTasks } from "../../src/runtime/task_workers.ts";
import { setThreadCount } from "../../src/runtime/threads.ts";

/** A worker's module that squares numbers, fails at 3 and ends at 5; `work` on the caller's thread is another function. */
const module = () => new URL("./squares_worker.ts", import.meta.url);
const work = (x: number) => -x;

Deno.test("tasks are done by workers where there is more than one thread, and in order", async () => {
  try {
    setThreadCount(2);
    const tasks = Array.from({ length: 40 }, (_, k) => k + 10);
    assertEquals(await mapTasks(module, work, tasks), tasks.map((x) => x * x));
    setThreadCount(1);
    assertEquals(await mapTasks(module, work, [1, 2]), [-1, -2]);
  } finally {
    setThreadCount(undefined);
  }
});

Deno.test("a worker that fails, or ends, is a fault of the machine, and the next tasks have others", async () => {
  try {
    setThreadCount(2);
    await assertRejects(() => mapTasks(module, work, [1, 2, 3, 4]), MachineError, "a worker thread failed: no 3");
    await assertRejects(() => mapTasks(module, work, [1, 2, 5, 4]), MachineError, "a worker thread ended");
    assertEquals(await mapTasks(module, work, [1, 2, 4]), [1, 4, 16]);
  } finally {
    setThreadCount(undefined);
  }
});
