/**
 * The random numbers of `src/random` in WGSL: Threefry gives the same bits for the same key and counter.
 *
 * @module
 */

/** The rotations of Threefry: two lists of four rounds, taken in turn. */
const ROTATIONS = [[13, 15, 26, 6], [17, 29, 16, 24]];

/** The twenty rounds of Threefry, with a key injection after every four. */
const rounds = Array.from(
  { length: 5 },
  (_, group) =>
    ROTATIONS[group % 2].map((by) => `a += b; b = ((b << ${by}u) | (b >> ${32 - by}u)) ^ a;`).join(" ") +
    ` a += k${(group + 1) % 3}; b += k${(group + 2) % 3} + ${group + 1}u;`,
).join("\n  ");

/**
 * The WGSL of random numbers:
 *
 * - `threefry(key, block)`: the two words of a block, whose number has high word 0.
 * - `uniform24(key, index)`: number `index` of a key, uniform on [0, 1).
 * - `normalPair(key, block)`: the normal numbers 2 block and 2 block + 1 of a key, by Box and Muller.
 */
export const randomCode = `
fn threefry(key: vec2<u32>, block: u32) -> vec2<u32> {
  let k0 = key.x;
  let k1 = key.y;
  let k2 = k0 ^ k1 ^ 0x1bd11bdau;
  var a = block + k0;
  var b = k1;
  ${rounds}
  return vec2<u32>(a, b);
}
fn uniform24(key: vec2<u32>, index: u32) -> f32 {
  let words = threefry(key, index >> 1u);
  return f32(select(words.x, words.y, (index & 1u) == 1u) >> 8u) * 0x1p-24;
}
fn normalPair(key: vec2<u32>, block: u32) -> vec2<f32> {
  let words = threefry(key, block);
  // WGSL lets a logarithm be off by 2^-21 near 1, where it must not become positive.
  let radius = sqrt(max(0.0, -2.0 * log(f32((words.x >> 8u) + 1u) * 0x1p-24)));
  // WGSL lets sine and cosine be off by 2^-11. Quarter turns are exact in integers; the rest is at most an eighth of a
  // turn, for which polynomials (Moshier, Cephes) are right to the last bits.
  let turn = words.y >> 8u;
  let quarter = (turn + 0x200000u) >> 22u;
  let angle = f32(i32(turn) - i32(quarter << 22u)) * (6.283185307179586 * 0x1p-24);
  let square = angle * angle;
  let sine = angle + angle * square * (-1.6666654611e-1 + square * (8.3321608736e-3 - square * 1.9515295891e-4));
  let cosine = 1.0 - 0.5 * square +
    square * square * (4.166664568298827e-2 + square * (-1.388731625493765e-3 + square * 2.443315711809948e-5));
  var turned = vec2<f32>(cosine, sine);
  if ((quarter & 1u) == 1u) { turned = vec2<f32>(-sine, cosine); }
  if ((quarter & 2u) == 2u) { turned = -turned; }
  return radius * turned;
}
`;
