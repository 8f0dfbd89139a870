/** Tables as people have them, made up, through the whole command line. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { jsonLines, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder(), TABLES = new URL("../tables/", import.meta.url);
const path = (name: string) => new URL(name, TABLES).pathname;
const SMALL = "--iterations 3 --profiles 16 --chains 4 --steps 2 --groups 4 --backend wasm".split(" ");

/** A table, what has to be said of it, and what is found: n, m, the unit, and between what the scale is. */
const tables: readonly (readonly [string, string[], number, number, string | undefined, [number, number]])[] = [
  ["kunden_windows.csv", [], 1, 2, "\u20ac", [1000, 1600]],
  ["survey_us.csv", [], 1, 3, "$", [1800, 2400]],
  ["excel_unicode.txt", [], 1, 2, undefined, [7, 9]],
  ["no_header.csv", ["--unit", "EUR", "--scale", "16"], 1, 2, "EUR", [16, 16]],
  ["long.csv", ["--unit", "EUR"], 1, 2, "EUR", [17, 20]],
  ["bids.jsonl", [], 1, 2, undefined, [40, 400]],
  ["bids.json", ["--exchangeable-goods"], 1, 3, undefined, [1, 1]],
  ["auctions.csv", ["--participants", "2", "--goods", "2", "--production-cost", "20"], 2, 2, undefined, [90, 100]],
  ["percent.csv", [], 1, 2, undefined, [0.9, 1]],
  ["gaps.csv", ["--missing", "zero"], 1, 2, undefined, [1200, 1500]],
  ["swiss.csv", ["--participants", "2"], 2, 2, "CHF", [1500, 1900]],
  ["pandas.csv", ["--columns", "hotel,flight"], 1, 2, undefined, [0.2, 3]],
];

for (const [name, args, n, m, unit, [low, high]] of tables) {
  Deno.test(`${name} is trained on, evaluated, run and listed`, async () => {
    const out = `${FOLDER}/${name}`;
    const trained = await tedi(["train", "--types", path(name), ...args, ...SMALL, "--out", out, "--json"]);
    assertEquals(trained.code, 0, trained.stderr);
    const events = jsonLines(trained.stdout), start = events[0], result = events.at(-1)!;
    assertEquals([start.participants, start.goods, result.unit], [n, m, unit]);
    assertEquals([result.rows, result.trainingRows], [8, 28]);
    const [from, to] = result.interval as number[], revenue = result.revenue as number;
    assert(from < to && Number.isFinite(revenue));

    // A participant without values gets nothing, and one with the largest value of the first good pays no more than that.
    const types = Array.from({ length: n * m }, (_, k) => k === 0 ? low : 0);
    const others = n > 1 ? ["--others", new Array((n - 1) * m).fill(low / 2).join(",")] : [];
    const of = (values: number[], ...more: string[]) =>
      tedi(["run", out, "--types", "-", ...more], {}, `${values.join(",")}\n`);
    const [evaluated, ran, above, clipped, listed] = await Promise.all([
      tedi(["evaluate", out, "--json"]),
      of(types, "--json"),
      of(types.with(0, 2 * high)),
      of(types.with(0, 2 * high), "--clip"),
      tedi(["menu", out, ...others, "--json"]),
    ]);
    assertEquals(jsonLines(evaluated.stdout)[0].revenue, revenue, evaluated.stderr);
    assertEquals(ran.code, 0, ran.stderr);
    const [{ payments, utilities }] = jsonLines(ran.stdout) as { payments: number[]; utilities: number[] }[];
    assert(payments[0] <= low && utilities[0] >= -1e-5 * low);
    assertEquals(above.code, 2);
    assertStringIncludes(above.stderr, "the mechanism was trained for values up to ");
    assertEquals(clipped.code, 0, clipped.stderr);
    assertEquals(listed.code, 0, listed.stderr);
    const { entries } = jsonLines(listed.stdout)[0] as { entries: { outcome: number[]; price: number }[] };
    assert(entries.length > 0 && entries.every(({ outcome, price }) => outcome.length === m && price <= m * high));
  });
}

Deno.test("a result says which iteration is kept by validation rows, and what ended the training", async () => {
  const out = `${FOLDER}/stopped`;
  const more = "--iterations 200 --validate-every 1 --patience 1 --averaging 0 --learning-rate 0.1".split(" ");
  const train = ["train", "--types", path("excel_unicode.txt"), ...SMALL.slice(2), ...more, "--out", out];
  const { code, stdout, stderr } = await tedi(train);
  assertEquals(code, 0, stderr);
  const { iterations, stoppedBy, best, trainingRevenue } = JSON.parse(Deno.readTextFileSync(`${out}/result.json`));
  assert(iterations >= 101 && iterations < 200, `${iterations}`);
  assertEquals([stoppedBy, best.iteration], ["patience", iterations - 1]);
  assertStringIncludes(
    stdout.replaceAll(/\s+/g, " "),
    `stopped after ${iterations} of 200 iterations, as 1 measurement`,
  );
  assertStringIncludes(stdout, `iteration ${best.iteration}`);
  assertStringIncludes(
    stdout.replaceAll(/\s+/g, " "),
    `the best on 4 validation rows: ${best.validationRevenue.toFixed(4)}`,
  );
  assertStringIncludes(stdout, `training rows      ${trainingRevenue.toFixed(4)}`);
});

for (
  const [name, message] of [
    [
      "refused_words.csv",
      'line 19, column 2 (laptop) must be a number, got "about 900"; --columns NAMES chooses columns',
    ],
    ["refused_marks.csv", "numbers must all have a decimal point or all a decimal comma, got "],
    ["refused_total.csv", 'line 42 must be somebody\'s values, got "Total"; remove rows with sums or means'],
  ]
) {
  Deno.test(`${name} is refused, and no run folder is left`, async () => {
    const { code, stderr } = await tedi(["train", "--types", path(name), "--out", `${FOLDER}/${name}`]);
    assertEquals(code, 2);
    assertStringIncludes(stderr, `${JSON.stringify(path(name))}: ${message}`);
    assertEquals([...Deno.readDirSync(FOLDER)].filter((entry) => entry.name === name), []);
  });
}
