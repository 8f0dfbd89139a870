/**
 * Tells people what was found of an adapter, and what to do about it.
 *
 * @module
 */
import { count } from "../../display.ts";
import { colour } from "../output.ts";
import { type Comparison, type DeviceTest, isRight } from "./run_test.ts";

/** Lines about a test, the verdict last. */
export function describeTest(test: DeviceTest): string {
  const { kernels, training, polishing, throughput, iteration, software, driver } = test;
  const title = `webgpu  ${test.adapter}${software ? " (software: emulated on the CPU)" : ""}`;
  const rows: [string, string][] = [
    ...driver === undefined ? [] : [["driver", driver] as [string, string]],
    ["kernels", summary(kernels, "shape")],
    ["training", summary([training], "setting")],
    ["polishing", summary([polishing], "setting")],
  ];
  if (throughput) {
    const { multiplyAddFlops, matrixFlops, matrixSize: n, bandwidth, timestamps } = throughput;
    rows.push(
      ["multiply-adds", `${perSecond(multiplyAddFlops)}, in registers: the most it does`],
      ["matrix product", `${perSecond(matrixFlops)}, ${n} x ${n}`],
      ["memory", `${figure(bandwidth / 1e9)} GB/s, read and written in a copy`],
      ["measured by", timestamps ? "the GPU's own clock" : "the time that passed: no timestamps"],
    );
  }
  if (iteration) {
    const { setting, profiles, polishShare, polishProfiles, gpuMilliseconds, wasmMilliseconds } = iteration;
    rows.push(
      [
        "an iteration",
        `${figure(gpuMilliseconds)} ms; on wasm ${figure(wasmMilliseconds)} ms, ${count(test.machine.cores, "thread")}`,
      ],
      [
        "  of",
        `${setting}, ${count(profiles, "profile")}; ${figure(100 * polishShare)}% polish, with ${polishProfiles}`,
      ],
    );
  }
  return [
    colour(Deno.stdout, "bold", title),
    ...rows.map(([name, value]) => `  ${name.padEnd(16)}${value}`),
    ...wrongLines([...kernels, training, polishing]).map((line) => `  ${colour(Deno.stdout, "red", "wrong")}: ${line}`),
    "",
    verdict(test),
  ].join("\n");
}

/** What to think of an adapter, and what to do. */
export function verdict({ right, error, iteration, software }: DeviceTest): string {
  const report = "Please report it with the record that tedi devices --test --json prints.";
  if (error !== undefined) return `This GPU failed: ${error}. Train with --backend wasm. ${report}`;
  if (!right) return `This GPU computes wrong results. Train with --backend wasm. ${report}`;
  const asItShould = "This GPU computes what it should";
  if (!iteration) return `${asItShould}.`;
  const { setting, gpuMilliseconds, wasmMilliseconds } = iteration, ratio = wasmMilliseconds / gpuMilliseconds;
  if (software) {
    return `${asItShould}. It is emulated on the CPU, which is ${
      figure(1 / ratio)
    } times as fast by itself: it is for tests.`;
  }
  if (ratio > 1) {
    return `${asItShould}, and is ${figure(ratio)} times as fast as the CPU in ${setting}: train with it. ` +
      "--backend auto does, wherever it is faster.";
  }
  return `${asItShould}, but the CPU is ${figure(1 / ratio)} times as fast in ${setting}: ` +
    "--backend auto takes the GPU only where it is faster.";
}

/** How many comparisons are right, and the furthest off of what is compared by number. */
function summary(comparisons: readonly Comparison[], noun: string): string {
  const right = comparisons.filter(isRight).length, all = comparisons.length;
  const worst = comparisons.flatMap(({ differences }) => differences)
    .filter(({ allowed }) => allowed > 0)
    .map(({ what, off, allowed }) => ({ what, off, share: off / allowed }))
    .reduce((most, one) => one.share > most.share ? one : most, { what: "", off: 0, share: 0 });
  const words = all === 1 ? (right === 1 ? "right" : "wrong") : `right on ${right} of ${count(all, noun)}`;
  return worst.what === ""
    ? words
    : `${words}; furthest off for its tolerance: ${worst.what}, by ${worst.off.toExponential(1)} (${
      (100 * worst.share).toFixed(0)
    }%)`;
}

/** A line for each wrong result. */
function wrongLines(comparisons: readonly Comparison[]): string[] {
  return comparisons.filter((one) => !isRight(one)).flatMap(({ name, differences, error }) =>
    error !== undefined ? [`${name}: ${error}`] : differences.filter(({ off, allowed }) => !(off <= allowed)).map(
      ({ what, off, allowed }) =>
        `${what}: off by ${off.toExponential(1)}, of at most ${allowed.toExponential(1)} (${name})`,
    )
  );
}

function perSecond(flops: number): string {
  return flops < 1e11 ? `${figure(flops / 1e9)} GFLOP/s` : `${figure(flops / 1e12)} TFLOP/s`;
}

/** A number of about three digits. */
function figure(value: number): string {
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
}
