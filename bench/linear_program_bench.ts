/**
 * One best response for three participants and ten goods (m = 10, K = 2, G = 32, E = 4): by a linear program, cold and
 * warm, and by cutting planes. Pricing rules depend on the others' types, so that each participant has a rule of its
 * own.
 */
import { bestResponse } from "../src/kernels/best_responses/best_response.ts";
import { wasmBestResponses } from "../src/kernels/best_responses/wasm.ts";
import type { ProgramBasis } from "../src/mechanisms/exact_best_response.ts";
import { exactBestResponses, solveBestResponse } from "../src/mechanisms/linear_program.ts";
import { hostRawWeights } from "../src/networks/hypernetwork_output.ts";
import { pricingRules } from "../src/networks/pricing_rule.ts";
import { deriveKey, randomKey } from "../src/random/key.ts";
import { normals, uniforms } from "../src/random/numbers.ts";

const PARTICIPANTS = 3, GOODS = 10, PROFILES = 20;

const shape = { participants: PARTICIPANTS, goods: GOODS, exchangeable: true };
const rules = pricingRules(shape, { layers: 2, groups: 32, groupSize: 4, hidden: [64] });
const key = randomKey(1), { size } = rules.network.groupMax!, rows = PROFILES * PARTICIPANTS;
const parameters = Object.fromEntries(
  Object.entries(rules.initialParameters(key)).map(([name, { shape, data }], stream) => {
    const noise = normals(deriveKey(key, 1, stream), data.length), scale = name === "output.bias" ? 0.3 : 0.03;
    return [name, { shape, data: Float32Array.from(data, (value, j) => value + scale * noise[j]) }];
  }),
);
const types = uniforms(deriveKey(key, 2), rows * GOODS), hypernetwork = rules.hostHypernetwork(parameters, types);
const weights = Array.from({ length: rows }, (_, row) => hostRawWeights(hypernetwork, row));
const functions = weights.map((raw) => rules.network.bindOnHost(raw));
const type = (row: number) => types.subarray(row * GOODS, (row + 1) * GOODS);

let turn = 0;
const next = () => turn = (turn + 1) % rows;

const one = await exactBestResponses(size, weights[0]);
const group = "one rule, other types";
// The engine compiles HiGHS once more, to faster code, while it runs: that is to be over before anything is measured.
for (let k = 0; k < 300; k++) one.solve(type(next()));
let warm: ProgramBasis | undefined;
Deno.bench({ name: `linear program, cold: ${group}`, group }, () => {
  one.solve(type(next()));
});
Deno.bench({ name: `linear program, warm: ${group}`, group }, () => {
  warm = one.solve(type(next()), { warm }).basis;
});
Deno.bench({ name: `cutting planes: ${group}`, group, baseline: true }, () => {
  bestResponse(functions[0], type(next()));
});

const each = "each its own rule";
let before: ProgramBasis | undefined;
Deno.bench({ name: `linear program, cold: ${each}`, group: each }, async () => {
  const row = next();
  await solveBestResponse(size, weights[row], type(row));
});
Deno.bench({ name: `linear program, warm: ${each}`, group: each }, async () => {
  const row = next();
  before = (await solveBestResponse(size, weights[row], type(row), { warm: before })).basis;
});
Deno.bench({ name: `cutting planes: ${each}`, group: each, baseline: true }, () => {
  const row = next();
  bestResponse(functions[row], type(row));
});
Deno.bench({ name: `cutting planes in WASM on all threads, ${rows} at once`, group: each }, () => {
  wasmBestResponses(rules.network, hypernetwork, types, 1);
});
