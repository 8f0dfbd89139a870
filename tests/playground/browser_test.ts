/// <reference lib="dom" />
/** The playground in Chromium: what it shows is what the mechanism gives in Deno. */
import { assert, assertAlmostEquals, assertEquals, assertStringIncludes } from "@std/assert";
import { encodeMechanism } from "../../src/io/mechanism_file.ts";
import { type MenuMechanism, menuMechanism } from "../../src/mechanisms/menu_mechanism.ts";
import { costOf, costsOfMechanism } from "../../src/playground/model.ts";
import { playgroundPage } from "../../src/playground/page.ts";
import { type Page, screenshot, withPage } from "../browser.ts";
import { randomMechanism } from "../mechanisms/random_mechanism.ts";

const FOLDER = Deno.makeTempDirSync({ prefix: "tedi-playground-" });
globalThis.addEventListener("unload", () => Deno.removeSync(FOLDER, { recursive: true }));

const FIRST = menuMechanism({ ...randomMechanism(3, 2, 8), problem: "U_{3,2}^{1,0}" });
const SECOND = randomMechanism(2, 4, 9);

/** Waits until what was changed has been shown: the outcome comes with the first frame, a choice with the next. */
async function frames(page: Page): Promise<void> {
  for (let k = 0; k < 4; k++) await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
}

/** Fails unless the page shows what a mechanism does with the types of its sliders; gives these. */
async function checkShown(page: Page, mechanism: MenuMechanism): Promise<number[]> {
  await frames(page);
  const { participants: n, goods: m } = mechanism;
  const shown = await page.evaluate(() => ({
    types: Array.from(
      document.querySelectorAll<HTMLInputElement>("#participants input[type=number]"),
      (each) => each.valueAsNumber,
    ),
    numbers: Array.from(document.querySelectorAll<HTMLDataElement>("data[id]"), ({ id, value }) => [id, value]),
    overflow: document.documentElement.scrollWidth > innerWidth,
    alt: Array.from(document.querySelectorAll("#choice svg"), (picture) => picture.getAttribute("aria-label")),
  }));
  assertEquals([shown.types.length, shown.overflow], [n * m, false]);
  const { outcomes, payments, utilities } = await mechanism.run(Float32Array.from(shown.types));
  const numbers = Object.fromEntries(shown.numbers), costs = costsOfMechanism(mechanism);
  outcomes.forEach((x, k) => assertAlmostEquals(Number(numbers[`outcome-${Math.floor(k / m)}-${k % m}`]), x, 1e-9));
  for (let i = 0; i < n; i++) {
    assertAlmostEquals(Number(numbers[`payment-${i}`]), payments[i], 1e-9);
    assertAlmostEquals(Number(numbers[`utility-${i}`]), utilities[i], 1e-9);
  }
  const paid = payments.reduce((sum, payment) => sum + payment, 0);
  assertAlmostEquals(Number(numbers.principal), paid - (costs ? costOf(costs, outcomes, m) : 0), 1e-9);
  assertEquals([shown.alt.length, shown.alt.every((text) => text!.length > 20)], [4, true]);
  return shown.types;
}

Deno.test("sliders, buttons and files: the page shows what the mechanism gives, at every width, without complaints", async () => {
  const file = `${FOLDER}/page.html`, other = `${FOLDER}/other.safetensors`, damaged = `${FOLDER}/damaged.safetensors`;
  const bytes = await encodeMechanism(FIRST), second = await encodeMechanism(SECOND);
  await Deno.writeTextFile(file, await playgroundPage({ name: "mechanism.safetensors", bytes }));
  await Deno.writeFile(other, second);
  await Deno.writeFile(damaged, bytes.with(bytes.length - 9, bytes[bytes.length - 9] ^ 1));
  await withPage(async (page) => {
    await page.goto(new URL(`file://${file}`).href);
    for (const width of [390, 900, 1400]) {
      await page.setViewportSize({ width, height: 900 });
      const before = await checkShown(page, FIRST);
      await page.getByLabel("Type of participant 2 for good 1", { exact: true }).press("ArrowLeft");
      const after = await checkShown(page, FIRST);
      assertAlmostEquals(before[2] - after[2], 0.01, 1e-9);
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        await screenshot(page, `playground-${width}-${colorScheme}`);
      }
    }
    assertEquals(await page.locator("h1").innerText(), "Playground: U\n1,0\n3,2");
    await page.getByText("Random types").click();
    await checkShown(page, FIRST);
    await page.getByLabel("All types").fill("0.9");
    assertEquals(await checkShown(page, FIRST), new Array(6).fill(0.9));
    // Numbers can be typed, finer than the slider; what is no type is marked, and changes nothing.
    const number = page.getByLabel("Type of participant 2 for good 1, as a number");
    await number.fill("0.3333");
    assertEquals((await checkShown(page, FIRST))[2], 0.3333);
    await number.fill("7");
    assertEquals(await number.evaluate((each: HTMLInputElement) => each.validity.valid), false);
    await number.blur();
    assertEquals((await checkShown(page, FIRST))[2], 0.3333);
    await page.getByLabel("Look at").selectOption({ label: "participant 3" });
    await frames(page);
    assertStringIncludes(await page.locator("#choice svg").first().getAttribute("aria-label") ?? "", "participant 3");
    await page.waitForFunction(() => document.getElementById("said")!.textContent!.includes("Participant 3 gets"));

    await page.locator("#file").setInputFiles(damaged);
    await page.getByRole("alert").getByText("the file is damaged").waitFor();
    await checkShown(page, FIRST);
    await page.locator("#file").setInputFiles(other);
    await page.locator("#type-1-3").waitFor();
    assertEquals(await page.locator("#problem").innerText(), "");
    assertStringIncludes(await page.locator("h1").innerText(), "random");
    await page.setViewportSize({ width: 390, height: 900 });
    await checkShown(page, SECOND);
  });
});

Deno.test("an empty page takes a file that is dropped on it; without shared memory plain code gives the same", async () => {
  const file = `${FOLDER}/empty.html`, bytes = (await encodeMechanism(FIRST)).toBase64();
  await Deno.writeTextFile(file, await playgroundPage());
  await withPage(async (page) => {
    // Some browsers keep shared memory from pages.
    await page.addInitScript(() => {
      const { Memory } = WebAssembly;
      WebAssembly.Memory = class extends Memory {
        constructor(size: WebAssembly.MemoryDescriptor) {
          if (size.shared) throw new TypeError("no shared memory");
          super(size);
        }
      };
    });
    await page.goto(new URL(`file://${file}`).href);
    assert(await page.getByText("or drop it here").isVisible());
    await page.evaluate((bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], "mine.safetensors"));
      document.dispatchEvent(new DragEvent("drop", { dataTransfer: data, cancelable: true }));
    }, bytes);
    await page.locator("#type-2-1").waitFor();
    await checkShown(page, FIRST);
  });
});

Deno.test("amounts are in the mechanism's unit, axes too, goods have their names, and the price list marks what is taken", async () => {
  const file = `${FOLDER}/units.html`, units = { largest: 400, network: 400, name: "EUR", goods: ["tea", "jam"] };
  const problem = "empirical (my bids.csv, n=1, m=2, cp=10, cd=5)", inside = randomMechanism(1, 2, 4);
  const mechanism = menuMechanism({ ...inside, problem, units });
  await Deno.writeTextFile(
    file,
    await playgroundPage({ name: "mechanism.safetensors", bytes: await encodeMechanism(mechanism) }),
  );
  await withPage(async (page) => {
    await page.goto(new URL(`file://${file}`).href);
    await page.getByLabel("Type of participant 1 for tea, as a number").fill("395.5");
    await page.getByLabel("Type of participant 1 for jam, as a number").fill("120");
    assertEquals(await checkShown(page, mechanism), [395.5, 120]);
    assertEquals(await page.locator("h1").innerText(), "Playground: my bids.csv");
    const result = await page.locator("#result").innerText();
    assert(/^Profit \S+ EUR = payments \S+ \u2212 costs \d+\.\d\d$/.test(result), result);
    assertStringIncludes(await page.locator(".sums").innerText(), "EUR");
    // The curves end where the axis does.
    const [right, tick] = await page.evaluate(() => {
      const picture = document.querySelector("#choice svg")!, curve = picture.querySelector<SVGPathElement>(".curve")!;
      const ticks = Array.from(picture.querySelectorAll("text"), ({ textContent }) => textContent);
      return [curve.getBBox().x + curve.getBBox().width, ticks.includes("400")] as const;
    });
    assertEquals([Math.round(right), tick], [310, true]);
    await page.locator("#list tr.taken").waitFor();
    const rows = await page.locator("#list tr").allInnerTexts(), taken = await page.locator("#list .taken").innerText();
    assert(rows.length > 1 && rows[0].startsWith("outcome"), rows.join("\n"));
    assert(/(tea|jam).*\d EUR/.test(taken.replaceAll("\n", " ")), taken);
    await screenshot(page, "playground-units");
  });
});
