/** What a pricing rule may see of the others: their types in cyclic order, and where it matters who asks. */
import { assertEquals } from "@std/assert";
import { contexts, contextSize } from "../../src/networks/context.ts";

const shape = (participants: number, goods: number, exchangeable: boolean) => ({ participants, goods, exchangeable });

/** Contexts as one list a row. */
function rows(types: number[], of: ReturnType<typeof shape>): number[][] {
  const size = contextSize(of), flat = Array.from(contexts(Float32Array.from(types), of));
  return Array.from({ length: flat.length / size }, (_, row) => flat.slice(row * size, (row + 1) * size));
}

Deno.test("contextSize counts the others' types, and who the participant is", () => {
  const cases: [number, number, boolean, number][] = [
    [1, 1, true, 0],
    [1, 10, false, 0],
    [2, 3, true, 3],
    [2, 3, false, 5],
    [3, 10, true, 20],
    [3, 10, false, 23],
    [10, 30, true, 270],
  ];
  for (const [n, m, exchangeable, size] of cases) {
    assertEquals(contextSize(shape(n, m, exchangeable)), size, `n ${n}, m ${m}, exchangeable ${exchangeable}`);
    assertEquals(contexts(new Float32Array(4 * n * m), shape(n, m, exchangeable)).length, 4 * n * size);
  }
});

Deno.test("contexts begin with the next participant and go round", () => {
  const profiles = [1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]; // [2, 3, 2]
  const expected = [[3, 4, 5, 6], [5, 6, 1, 2], [1, 2, 3, 4], [30, 40, 50, 60], [50, 60, 10, 20], [10, 20, 30, 40]];
  assertEquals(rows(profiles, shape(3, 2, true)), expected);
});

Deno.test("contexts of participants who differ end with who it is", () => {
  const profiles = [1, 2, 3, 10, 20, 30]; // [2, 3, 1]
  assertEquals(rows(profiles, shape(3, 1, false)), [
    [2, 3, 1, 0, 0],
    [3, 1, 0, 1, 0],
    [1, 2, 0, 0, 1],
    [20, 30, 1, 0, 0],
    [30, 10, 0, 1, 0],
    [10, 20, 0, 0, 1],
  ]);
});

Deno.test("a participant's own type is not in its context", () => {
  for (const exchangeable of [true, false]) {
    const of = shape(3, 2, exchangeable), size = contextSize(of);
    const types = Float32Array.from({ length: 6 }, (_, k) => k + 2);
    for (let i = 0; i < 3; i++) {
      const changed = types.slice().fill(-1, i * 2, i * 2 + 2);
      const own = (all: Float32Array) => Array.from(contexts(all, of).subarray(i * size, (i + 1) * size));
      assertEquals(own(changed), own(types));
    }
  }
});
