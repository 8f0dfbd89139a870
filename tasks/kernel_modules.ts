/**
 * The AssemblyScript modules that are made from TypeScript when the kernels are built: jobs, and constants. They are
 * nowhere on disk, so that nothing has to be copied by hand.
 *
 * @module
 */
import {
  CLOSE,
  EPSILON,
  EQUAL_RATIOS,
  EXCHANGES,
  IN_OUT,
  LEAST_PIVOT,
  ROUNDS,
} from "../src/kernels/best_responses/best_response.ts";
import { TIE_BREAK } from "../src/kernels/best_responses/best_response.ts";
import { LEAST_MAGNITUDE } from "../src/networks/groupmax_price.ts";
import { RESPONSES_FIELDS } from "../src/kernels/best_responses/job_fields.ts";
import type { FieldKind, Fields } from "../src/kernels/wasm/fields.ts";
import { JOB_FIELDS } from "../src/kernels/wasm/job_fields.ts";
import { OPERATIONS, RESULTS, ROWS } from "../src/kernels/wasm/operations.ts";
import { PARITY } from "../src/random/threefry.ts";
import { TABLE } from "../src/runtime/threads.ts";
import { LARGEST_NOISE } from "../src/sampling/langevin.ts";
import { DRAWS, TINY, TRIES, WIDTH } from "../src/sampling/line_moves.ts";

/** Constants by kind and name. */
const CONSTANTS: Readonly<Record<FieldKind, Readonly<Record<string, number>>>> = {
  i32: {
    ...Object.fromEntries(Object.entries(OPERATIONS).map(([name, number]) => [name.toUpperCase(), number])),
    ...{ DRAWS, PARITY, EXCHANGES, RESULTS, ROUNDS, ROWS, TRIES },
  },
  usize: { TABLE },
  f32: { LARGEST_NOISE, TINY, WIDTH },
  f64: { CLOSE, EPSILON, EQUAL_RATIOS, IN_OUT, LEAST_MAGNITUDE, LEAST_PIVOT, TIE_BREAK },
};

/** The names of all constants that AssemblyScript takes from TypeScript. */
export const SHARED_NAMES: readonly string[] = Object.values(CONSTANTS).flatMap(Object.keys);

function constants(): string {
  return Object.entries(CONSTANTS).flatMap(([kind, named]) =>
    Object.entries(named).map(([name, value]) => `export const ${name}: ${kind} = ${value};\n`)
  ).join("");
}

function unmanagedClass(name: string, fields: Fields): string {
  const lines = Object.entries(fields).map(([field, kind]) => `  ${field}: ${kind};\n`);
  return `// @ts-ignore: decorator\n@unmanaged\nexport class ${name} {\n${lines.join("")}}\n`;
}

/** The modules' texts, by their paths from src/kernels/wasm/. */
export const KERNEL_MODULES: Readonly<Record<string, string>> = {
  "assembly/constants.ts": constants(),
  "assembly/job.ts": unmanagedClass("Job", JOB_FIELDS),
  "assembly/responses_job.ts": unmanagedClass("ResponsesJob", RESPONSES_FIELDS),
};
