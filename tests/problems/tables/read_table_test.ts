import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { InvalidInputError } from "../../../src/errors.ts";
import { type ReadOptions, readTable } from "../../../src/problems/tables/read_table.ts";

const read = (text: string | Uint8Array, more: Partial<ReadOptions> = {}) =>
  readTable(text, { what: '"a.csv"', ...more });
const numbers = async (text: string | Uint8Array, more: Partial<ReadOptions> = {}) => {
  const { rows, columns, values } = await read(text, more);
  return [rows, columns, ...Array.from(values, (value) => Number(value.toPrecision(6)))];
};

/** The same two rows, as programs write them. */
const ALIKE = [2, 2, 0, 0.5, 0.25, 1];
const texts: Record<string, string> = {
  commas: "0,0.5\n0.25,1",
  "carriage returns": "0,0.5\r\n0.25,1\r\n",
  "old line ends": "0,0.5\r0.25,1\r",
  semicolons: "0;.5\n0.25;1\n",
  "blank lines": "\n\n0;0.5\n\n\n0.25;1\n\n",
  tabs: "0\t5e-1\n0.25\t1.\n",
  bars: "a|b\n0|0.5\n0.25|1",
  "a header": "good a,good b\n0,0.5\n\n0.25,1\n\n",
  "a byte order mark": "\ufeffa,b\n0,0.5\n0.25,1",
  quotes: '\n"0", 0.5\n+0.25,"1"\n',
  "decimal commas": "0;0,5\n0,25;1",
  "decimal commas in quotes": '"0","0,5"\n"0,25","1"',
  "an exponent with a decimal comma": "0;5,0E-01\n0,25;1",
  "a semicolon in a name": '"a;b",c\n0,0.5\n0.25,1',
  "delimiters at the end of lines": "a;b;\n0;0,5;\n0,25;1;\n",
  "a row of delimiters at the end": "a,b\n0,0.5\n0.25,1\n,\n,\n",
  "what Excel writes for itself": "sep=;\na;b\n0;0,5\n0,25;1",
  "a comment as header": "# a,b\n0,0.5\n0.25,1",
  "names of rows": "buyer,a,b\nann,0,0.5\nben,0.25,1",
  "numbers of rows by name": "id,a,b\n7,0,0.5\n3,0.25,1",
  "the index of pandas": ",a,b\n0,0,0.5\n1,0.25,1",
  "other text": "a,b,comment\n0,0.5,nice\n0.25,1,",
  percent: "0%;50 %\n25%;100%",
  JSON: "[[0, 0.5], [0.25, 1]]",
  "JSON by name": '[{"name": "ann", "a": 0, "b": 0.5}, {"name": "ben", "b": 1, "a": 0.25}]',
  "JSON lines": '{"a": 0, "b": 0.5}\n{"a": 0.25, "b": 1}\n',
  "one value a row": "bidder,item,value\nann,a,0\nann,b,0.5\nben,b,1\nben,a,0.25\n",
};
for (const [name, text] of Object.entries(texts)) {
  Deno.test(`a table with ${name} is read`, async () => assertEquals(await numbers(text), ALIKE));
}

Deno.test("a single column is one good, with a header or without", async () => {
  assertEquals(await numbers("price\n0.5\n0.25"), [2, 1, 0.5, 0.25]);
  assertEquals(await numbers("price\n0,5\n0,25"), [2, 1, 0.5, 0.25]);
  assertEquals(await numbers("0.5\n0.25"), [2, 1, 0.5, 0.25]);
});

Deno.test("UTF-16 and Windows-1252 are read, as Excel writes them", async () => {
  const text = "K\u00e4ufer;Preis A;Preis B\nm;1,5 \u20ac;2\nn;3;4",
    utf16 = (little: boolean, mark: boolean) => {
      const all = mark ? `\ufeff${text}` : text,
        bytes = new Uint8Array(2 * all.length),
        view = new DataView(bytes.buffer);
      for (let k = 0; k < all.length; k++) view.setUint16(2 * k, all.charCodeAt(k), little);
      return bytes;
    };
  const windows = Uint8Array.from(text, (letter) => letter === "\u20ac" ? 0x80 : letter.charCodeAt(0));
  for (const bytes of [utf16(true, true), utf16(false, true), windows, new TextEncoder().encode(text)]) {
    const { values, names, unit } = await read(bytes);
    assertEquals([[...values], names, unit], [[1.5, 2, 3, 4], ["Preis A", "Preis B"], "\u20ac"]);
  }
});

Deno.test("separators of thousands and currencies are understood", async () => {
  const amounts = async (...cells: string[]) => (await read(cells.map((cell) => `"${cell}"`).join("\n"))).values;
  assertEquals([...await amounts("$1,234.50", "$ 2,000", "$0.75")], [1234.5, 2000, 0.75]);
  assertEquals([...await amounts("1.234,50 EUR", "EUR 12", "1.000.000 EUR")], [1234.5, 12, 1e6]);
  assertEquals([...await amounts("1 234,5", "1\u00a0000", "2\u202f500,25")], [1234.5, 1000, 2500.25]);
  assertEquals([...await amounts("CHF 1'234.50", "1\u2019000.25")], [1234.5, 1000.25]);
  assertEquals([...await amounts("1,200", "950")], [1200, 950]);
  assertEquals([...(await read("a;b\n1,200;3\n4;5", { decimal: "comma" })).values], [Math.fround(1.2), 3, 4, 5]);
});

Deno.test("columns are chosen by name or number, whatever the order", async () => {
  const text = "buyer,age,phone,laptop\nann,31,3,9\nben,45,4,8";
  assertEquals(await numbers(text, { columns: ["Laptop", "phone"] }), [2, 2, 9, 3, 8, 4]);
  assertEquals(await numbers(text, { columns: ["4", "3"] }), [2, 2, 9, 3, 8, 4]);
  assertEquals(await numbers(text, { id: "age" }).catch(({ message }) => message.includes('got "ann"')), [
    2,
    2,
    3,
    9,
    4,
    8,
  ]);
  assertEquals((await read(text, { columns: ["laptop"] })).names, ["laptop"]);
});

Deno.test("what was recognised is said", async () => {
  const { notes } = await read("buyer,a,why\nann,1,x\nben,2,y");
  assertEquals(notes, [
    "Column 1 (buyer) says whose row it is, by its name, and is left out",
    "Column 3 (why) is text, and is left out",
  ]);
  const counted = await read(Array.from({ length: 6 }, (_, row) => `${row + 1},${row * 2}`).join("\n"));
  assertEquals([counted.columns, counted.notes], [1, ["Column 1 counts the rows, and is left out"]]);
});

Deno.test("numbers under the name of an id that repeat are taken for a good, which is said", async () => {
  const { notes, names } = await read("id,a,b\n7,1,2\n7,3,4\n8,5,6");
  const said =
    "Column 1 (id) has numbers that repeat, and is taken for a good; if it says whose row it is, --id 1 leaves it out";
  assertEquals([notes, names], [[said], ["id", "a", "b"]]);
  const left = await read("id,a,b\n7,1,2\n7,3,4\n8,5,6", { id: "1" });
  assertEquals([left.notes, left.names], [["Column 1 (id) says whose row it is, and is left out"], ["a", "b"]]);
  assertEquals((await read("price,a\n7,1\n7,3")).notes, []);
});

Deno.test("a table without a column of numbers is refused", async () => {
  for (const text of ["a,b\nTRUE,FALSE\nTRUE,TRUE", "a,b\nlow,\nhigh,"]) {
    await assertRejects(
      () => read(text),
      InvalidInputError,
      "it must have a column of numbers, got none of 2: they are text",
    );
  }
});

Deno.test("cells that say nothing are refused with their number, or taken as one says", async () => {
  const text = "a,b\n1,2\n,3\nNA,-\n4,5";
  await assertRejects(
    () => read(text),
    InvalidInputError,
    'Cannot read types from "a.csv": line 3, column 1 (a) must be a number, got an empty cell (missing value); 3 cells say ' +
      "nothing, in 2 of 4 rows: --missing zero takes them for 0, --missing drop leaves the rows out",
  );
  assertEquals(await numbers(text, { missing: "zero" }), [4, 2, 1, 2, 0, 3, 0, 0, 4, 5]);
  assertEquals(await numbers(text, { missing: "drop" }), [2, 2, 1, 2, 4, 5]);
  const long = "who,item,value\nann,a,1\nann,b,2\nben,a,3";
  await assertRejects(() => read(long, { layout: "long" }), InvalidInputError, "line 4, column 2 (b) must be a number");
  assertEquals(await numbers(long, { layout: "long", missing: "zero" }), [2, 2, 1, 2, 3, 0]);
});

/** Tables that are refused, each with what is said. */
const refused: readonly (readonly [string, string, Partial<ReadOptions>?])[] = [
  ["0,1\n0,1,1\n", "line 2 must have as many columns as line 1, 2, got 3; a number with a comma in it goes in quotes"],
  ["a,b\n\n0,1\n0\n", "line 4 must have as many columns as line 1, 2, got 1"],
  ["0,1\n0,abc\n", 'line 2, column 2 must be a number, got "abc"; --columns NAMES chooses columns'],
  ["a,b\n0,1\n0,abc\n", 'line 3, column 2 (b) must be a number, got "abc"'],
  ['a,b\n"x\ny",1\n0,1\n0,-2\n0,1', 'line 2, column 1 (a) must be a number, got "x\\ny"'],
  ['a,b,note\n1,1,"x\ny"\n0,1,z\n0,-2,z\n0,1,z', 'line 5, column 2 (b) must be a number of at least 0, got "-2"'],
  ["0,1\n(3),1\n", 'line 2, column 1 must be a number of at least 0, got "(3)"'],
  ["0,1\n0x1,1\n1,1", 'line 2, column 1 must be a number, got "0x1"'],
  ["0,1\nInfinity,1\n1,1", 'line 2, column 1 must be a number, got "Infinity"'],
  ["0,1\n0,17\n", "line 2, column 2 must be a number in [0, 16], got 17; more", { largest: 16, largestHelp: "; more" }],
  ["0,1,1\n", "line 1 must have 2 columns, got 3; --columns NAMES chooses", { allowed: { 2: "" } }],
  ["a,b,c\n1,2,3", "line 2 must have 2 columns (one for each good), got 3: a, b, c", {
    allowed: { 2: "one for each good" },
  }],
  ['0,"1\n0,1\n', "line 1 must be well-formed CSV, got: Quoted field unterminated"],
  ["", "it must have at least 1 row of types, got 0"],
  ["a,b\n", "it must have at least 1 row of types, got 0"],
  ["1\n2\n3", "it must have at least 10 rows of types, got 3", { leastRows: 10 }],
  [
    "0,5;0,2\n0.7;1\n",
    'got "0.7" in line 2, column 1 and "0,5" in line 1, column 1; write them alike',
  ],
  [
    "a;b\n1,200;3\n4;5",
    'line 2, column 1 (a) must say whether its comma separates thousands, got "1,200"; --decimal point',
  ],
  ["$5\n\u20ac6\n", 'line 2, column 1 must be in $, as line 1, column 1 is, got "\u20ac6"'],
  ["5%\n0.06\n", 'line 2, column 1 must be a number in percent, as those above are, got "0.06"'],
  ["laptop,phone\n1,2", '--columns must name a column of laptop, phone, got "labtop"; did you mean laptop?', {
    columns: ["labtop"],
  }],
  ["a,a\n1,2", "--columns must name one column: several are called so", { columns: ["a"] }],
  ["1,2", "--columns must be a number from 1 to 2, as the columns have no names", { columns: ["3"] }],
  ["a,b\n1,2", "--columns must name every column once, got column 1 (a) twice", { columns: ["a", "1"] }],
  ["who,item,value\nann,a,1\nann,a,2", 'line 3 must not have a second value of "a" to "ann"; the first is in line 2', {
    layout: "long",
  }],
  ["[[1, 2], [3]]", "entry 2 must have as many columns as entry 1, 2, got 1"],
  ['[{"a": 1}, {"b": 2}]', 'entry 2 must be an object with the names a, got "b"'],
  ["[1, 2", "it must be valid JSON, or a line of JSON for each row, got"],
  ["PK\x03\x04\0", "it must be text, got a workbook; save it as CSV"],
];
for (const [text, message, more] of refused) {
  Deno.test(`a table that is refused says why: ${message.slice(0, 60)}`, async () => {
    const bytes = text.startsWith("PK") ? new TextEncoder().encode(text) : text;
    const error = await assertRejects(() => read(bytes, more), InvalidInputError);
    assertStringIncludes(error.message, message);
    assertStringIncludes(error.message, 'Cannot read types from "a.csv": ');
  });
}

Deno.test("every row of a large table is read", async () => {
  const rows = 50_000,
    lines = Array.from({ length: rows }, (_, row) => `b${row};${row % 97},5;${row % 89};${row % 83},25`);
  const { values, columns } = await read(`buyer;a;b;c\n${lines.join("\n")}`);
  assertEquals([values.length, columns], [3 * rows, 3]);
  assert(lines.length > 0 && values[3 * 96] === 96.5 && values[3 * (rows - 1) + 2] === (rows - 1) % 83 + 0.25);
});

Deno.test("a column in no currency beside others in one is said, as it may be no good, unless columns are chosen", async () => {
  const text = "age;desk;lamp\n31;90 EUR;0\n44;80 EUR;12 EUR";
  assertEquals((await read(text)).notes, [
    "Column 1 (age) is in no currency, and line 2, column 2 (desk) is in EUR; if it is no good, --columns NAMES chooses columns",
  ]);
  assertEquals((await read(text, { columns: ["age", "desk"] })).notes, []);
  assertEquals((await read("desk;lamp\n90 EUR;0\n80 EUR;12 EUR")).notes, []);
});

Deno.test("titles above the names of columns are left out, and said; a single column has none", async () => {
  const body = "desk;lamp\n31;12\n44;7";
  for (const title of ["What would you pay?;", "What would you pay?", ";Survey;"]) {
    const { names, values, notes } = await read(`${title}\n${body}`);
    assertEquals([names, [...values], notes], [["desk", "lamp"], [31, 12, 44, 7], [
      "Line 1 is a title above the names of columns, and is left out",
    ]]);
  }
  const two = await read(`Survey;\nMarch;\n\n${body}`);
  assertEquals([two.rows, two.notes.length], [2, 2]);
  const plain = await read("desk\n31\n44");
  assertEquals([plain.rows, plain.names, plain.notes], [2, ["desk"], []]);
  assertEquals((await read("Survey;\n31;12\n44;7")).names, ["Survey", ""]); // names, as what follows is none
});

Deno.test("two columns of one name are refused, unless they are chosen by number, or one of them is left out", async () => {
  const text = "buyer,price,price\nann,0,0.5\nben,0.25,1";
  await assertRejects(
    () => read(text),
    InvalidInputError,
    'Cannot read types from "a.csv": columns must have different names, got "price" for columns 2 and 3; where they are ' +
      "two goods, --columns 2,3 takes both",
  );
  assertEquals(await numbers(text, { columns: ["2", "3"] }), ALIKE);
  assertEquals(await numbers("price,a,price\nhigh,0,0.5\nlow,0.25,1"), ALIKE); // the first says whether, the others how much
  assertEquals(await numbers("a,,\n1,0,0.5\n2,0.25,1", { columns: ["2", "3"] }), ALIKE);
});
