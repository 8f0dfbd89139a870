/** The networks of the ablation studies: PICNN, PMA and MLP, against their definitions. */
import { assert, assertAlmostEquals, assertEquals, assertThrows } from "@std/assert";
import { InvalidInputError } from "../../src/errors.ts";
import { NETWORK_KINDS, type NetworkKind, networkOfKind } from "../../src/networks/kinds.ts";
import { multilayerPerceptron } from "../../src/networks/mlp.ts";
import type { ConvexNetwork } from "../../src/networks/network.ts";
import { partialGroupMax } from "../../src/networks/partial_groupmax.ts";
import { partialInputConvex } from "../../src/networks/picnn.ts";
import { parameterizedMaxAffine } from "../../src/networks/pma.ts";
import { softplus } from "../../src/networks/softplus.ts";
import { deriveKey, randomKey } from "../../src/random/key.ts";
import { normals, uniforms } from "../../src/random/numbers.ts";
import { forEachDevice } from "../devices.ts";
import { checkDeviceIsHost, checkWeightGradient } from "./on_device.ts";

/** f by its definition for raw weights that are read in order. */
type Definition = (take: () => number, x: readonly number[]) => number;

interface Case {
  readonly name: string;
  readonly network: ConvexNetwork;
  readonly convex: boolean;
  readonly definition: Definition;
}

const matrix = (take: () => number, height: number, width: number) =>
  Array.from({ length: height }, () => Array.from({ length: width }, take));
/** The vector (x, ...) times a matrix. */
const times = (x: readonly number[], weights: readonly number[][]) =>
  weights[0].map((_, j) => x.reduce((sum, value, i) => sum + value * weights[i][j], 0));
const relu = (x: number) => Math.max(0, x);

const perceptron = (goods: number, layers: number, width: number): Case => ({
  name: `MLP of ${goods}, ${layers}, ${width}`,
  network: multilayerPerceptron({ goods, layers, width }),
  convex: false,
  definition(take, x) {
    let hidden = [...x];
    for (let k = 0; k < layers; k++) hidden = times([...hidden, 1], matrix(take, hidden.length + 1, width)).map(relu);
    return times([...hidden, 1], matrix(take, width + 1, 1))[0];
  },
});

const inputConvex = (goods: number, layers: number, width: number): Case => ({
  name: `PICNN of ${goods}, ${layers}, ${width}`,
  network: partialInputConvex({ goods, layers, width }),
  convex: true,
  definition(take, x) {
    const W = Array.from({ length: layers - 1 }, () => matrix(() => softplus(take()), width, width));
    W.push(matrix(() => softplus(take()), width, 1));
    let hidden: number[] | undefined;
    for (let k = 0; k < layers; k++) {
      const sums = times([...x, 1], matrix(take, goods + 1, width)), before = hidden && times(hidden, W[k - 1]);
      hidden = sums.map((sum, j) => relu(sum + (before?.[j] ?? 0)));
    }
    return times(hidden!, W[layers - 1])[0] + times([...x, 1], matrix(take, goods + 1, 1))[0];
  },
});

const maxAffine = (goods: number, pieces: number): Case => ({
  name: `PMA of ${goods}, ${pieces}`,
  network: parameterizedMaxAffine({ goods, pieces }),
  convex: true,
  definition(take, x) {
    const scale = softplus(take()), functions = matrix(take, pieces, goods + 1), last = matrix(take, goods + 1, 1);
    // As a maximum of affine functions whose slopes and offsets have taken in the scale and the residual connection.
    return Math.max(
      ...functions.map((own) => times([...x, 1], own.map((value, i) => [scale * value + last[i][0]]))[0]),
    );
  },
});

const CASES: readonly Case[] = [
  inputConvex(1, 1, 1),
  inputConvex(2, 1, 3),
  inputConvex(3, 2, 5),
  inputConvex(2, 4, 3),
  maxAffine(1, 1),
  maxAffine(2, 7),
  maxAffine(5, 20),
  perceptron(1, 1, 1),
  perceptron(2, 1, 4),
  perceptron(3, 2, 5),
  perceptron(2, 4, 6),
];

Deno.test("networks on the host equal their definitions, with as many weights", () => {
  CASES.forEach(({ name, network, definition }, s) => {
    for (let k = 0; k < 20; k++) {
      const key = deriveKey(randomKey(1), s, k), raw = normals(key, network.weightCount);
      const x = Float64Array.from(uniforms(deriveKey(key, 1), network.goods));
      let at = 0;
      const expected = definition(() => raw[at++], Array.from(x));
      assertEquals(at, raw.length, name);
      const f = network.bindOnHost(raw)(x, new Float64Array(network.goods));
      assertAlmostEquals(f, expected, 1e-9 * (1 + Math.abs(expected)), name);
    }
  });
});

forEachDevice("ablation networks on the device equal those on the host, in value and gradient", async () => {
  for (const [s, { name, network }] of CASES.entries()) {
    const key = deriveKey(randomKey(2), s);
    await checkDeviceIsHost(network, normals(key, 3 * network.weightCount), key, name);
  }
});

forEachDevice("ablation networks' gradient in the weights equals finite differences", async () => {
  for (const { name, network } of [inputConvex(2, 2, 3), maxAffine(2, 5), perceptron(2, 2, 4)]) {
    await checkWeightGradient(network, normals(randomKey(3), 2 * network.weightCount), name);
  }
});

Deno.test("PICNN and PMA are convex in x along random segments, with subgradients; an MLP is not", () => {
  CASES.forEach(({ name, network, convex }, s) => {
    assertEquals(network.convex !== false, convex);
    const m = network.goods;
    let bent = 0;
    for (let k = 0; k < 200; k++) {
      const key = deriveKey(randomKey(6), s, k), f = network.bindOnHost(normals(key, network.weightCount));
      const u = uniforms(deriveKey(key, 1), 2 * m + 1), gradient = new Float64Array(m), share = u[2 * m];
      const a = Float64Array.from(u.subarray(0, m)), b = Float64Array.from(u.subarray(m, 2 * m));
      const between = a.map((value, i) => share * value + (1 - share) * b[i]);
      const [fa, fb, fm] = [f(a, gradient), f(b, gradient), f(between, gradient)];
      const chord = share * fa + (1 - share) * fb;
      if (fm > chord + 1e-9 * (1 + Math.abs(chord))) bent++;
      if (!convex) continue;
      const support = gradient.reduce((sum, slope, i) => sum + slope * (a[i] - between[i]), fm);
      assert(fa >= support - 1e-9 * (1 + Math.abs(fa)), `${name}: ${fa} below ${support}`);
    }
    assert(convex ? bent === 0 : bent > 0, `${name} was above its chord ${bent} times`);
  });
});

Deno.test("whatever the kind, starting weights sell: all goods together cost 0.4 each", () => {
  for (const kind of NETWORK_KINDS) {
    for (const goods of [1, 2, 10]) {
      const network = networkOfKind(kind, { goods, layers: 2, groups: 8, groupSize: 4 });
      for (let seed = 0; seed < 5; seed++) {
        const f = network.bindOnHost(network.initialWeights(randomKey(seed))), gradient = new Float64Array(goods);
        const none = f(new Float64Array(goods), gradient), all = f(new Float64Array(goods).fill(1), gradient);
        assertAlmostEquals((all - none) / goods, 0.4, 1e-5, `${kind}, ${goods} goods`);
      }
    }
  }
});

Deno.test("PICNN and MLP are as wide as they can be without more weights than the GroupMax network", () => {
  for (
    const size of [{ goods: 2, layers: 2, groups: 8, groupSize: 4 }, { goods: 10, layers: 3, groups: 5, groupSize: 2 }]
  ) {
    const most = partialGroupMax(size).weightCount, { goods, layers } = size;
    const made = { picnn: partialInputConvex, mlp: multilayerPerceptron };
    for (const [kind, make] of Object.entries(made)) {
      const { weightCount } = networkOfKind(kind as NetworkKind, size);
      const width = Array.from({ length: 200 }, (_, k) => k + 1)
        .find((width) => make({ goods, layers, width }).weightCount === weightCount)!;
      assert(weightCount <= most && make({ goods, layers, width: width + 1 }).weightCount > most, kind);
    }
    const pieces = size.layers * size.groups * size.groupSize;
    assertEquals(networkOfKind("pma", size).weightCount, 1 + (pieces + 1) * (goods + 1));
  }
});

Deno.test("sizes must be positive integers, and kinds must be known", () => {
  for (const value of [0, -1, 1.5, NaN]) {
    const words = `must be a positive integer, got ${value}`, goods = 2;
    assertThrows(() => partialInputConvex({ goods, layers: value, width: 2 }), InvalidInputError, `layers ${words}`);
    assertThrows(() => multilayerPerceptron({ goods, layers: 2, width: value }), InvalidInputError, `width ${words}`);
    assertThrows(() => parameterizedMaxAffine({ goods, pieces: value }), InvalidInputError, `pieces ${words}`);
  }
  assertThrows(
    () => networkOfKind("large" as NetworkKind, { goods: 2, layers: 2, groups: 2, groupSize: 2 }),
    InvalidInputError,
    'network.kind must be one of groupmax, symmetric, picnn, pma, mlp, got "large"',
  );
});
