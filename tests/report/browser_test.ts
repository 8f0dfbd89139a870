/** Pages of reports, and of training that is under way, as Chromium shows them. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { makeReport } from "../../src/report/page.ts";
import { type Page, screenshot, withPage } from "../browser.ts";
import { firstEvent, SMALL, spawn, tedi, testFolder } from "../cli/tedi.ts";
import { madeUpRun } from "./runs.ts";

const FOLDER = testFolder();
const WIDTHS = [390, 900, 1400], SCHEMES = ["light", "dark"] as const;

/** What is wrong with how a page looks: what is wider than the window, or over something else, or has no words. */
function faults(page: Page): Promise<string[]> {
  // This function runs in the page.
  return page.evaluate(() => {
    // deno-lint-ignore no-explicit-any -- a test has no types of the DOM
    const { document, innerWidth, getComputedStyle } = globalThis as any, wrong: string[] = [];
    const all = (selector: string, within = document) => Array.from(within.querySelectorAll(selector)) as Element[];
    // deno-lint-ignore no-explicit-any
    type Element = any;
    const name = (element: Element) => `${element.tagName} "${element.textContent.trim().slice(0, 40)}"`;
    /** Pairs that share more than a hair of place. */
    const overlaps = (elements: Element[]) => {
      const boxes = elements.map((element) => element.getBoundingClientRect());
      boxes.forEach((a, k) =>
        boxes.slice(k + 1).forEach((b, j) => {
          const [one, other] = [elements[k], elements[k + 1 + j]];
          const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
          const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
          if (width > 1 && height > 1 && !one.contains(other)) wrong.push(`${name(one)} overlaps ${name(other)}`);
        })
      );
    };
    const { scrollWidth } = document.documentElement;
    if (scrollWidth > innerWidth) wrong.push(`the page is ${scrollWidth} wide in a window of ${innerWidth}`);
    const texts = all("h1, h2, h3, h4, p, dt, dd, pre, svg, figcaption, progress, footer, .wide");
    for (const text of texts) {
      const { left, right, width, height } = text.getBoundingClientRect();
      if (width === 0 || height === 0) wrong.push(`${name(text)} has no size`);
      if (left < 0 || right > innerWidth) wrong.push(`${name(text)} leaves the window`);
    }
    overlaps(texts);
    all(".wide").forEach((wide) => overlaps(all("caption, th, td", wide)));
    for (const svg of all("svg")) {
      const label = svg.getAttribute("aria-label") ?? "", box = svg.getBoundingClientRect();
      if (svg.getAttribute("role") !== "img" || label.length < 20) wrong.push(`a chart says only "${label}"`);
      // Words with paper behind them are there twice, at the same place.
      const words = all("text", svg).filter((text) => text.textContent.trim() && !text.getAttribute("stroke"));
      overlaps(words);
      for (const text of words) {
        const { left, right, top, bottom } = text.getBoundingClientRect();
        const inside = left >= box.left - 1 && right <= box.right + 1 && top >= box.top - 1 && bottom <= box.bottom + 1;
        if (!inside) wrong.push(`${name(text)} leaves its chart`);
        if (getComputedStyle(text).fill === getComputedStyle(svg.closest("figure")).backgroundColor) {
          wrong.push(`${name(text)} has the colour of its paper`);
        }
      }
    }
    for (const image of all("img")) if (!image.alt) wrong.push("an image has no words");
    return wrong;
  });
}

/** Opens a page in all widths and colours, and keeps pictures of it. */
async function look(url: string, name: string): Promise<void> {
  for (const colorScheme of SCHEMES) {
    await withPage(async (page) => {
      await page.goto(url);
      for (const width of WIDTHS) {
        await page.setViewportSize({ width, height: 900 });
        assertEquals(await faults(page), [], `${name}, ${width} wide, ${colorScheme}`);
        await screenshot(page, `${name}-${width}-${colorScheme}`);
      }
    }, { colorScheme });
  }
}

Deno.test("what is wrong with a page is found", async () => {
  await withPage(async (page) => {
    const chart = (words: string) => `<figure><svg role="img" aria-label="${words}" width="100" height="50">`;
    await page.setContent(`<body style="margin: 0"><p>one</p><p style="margin-top: -20px">two</p>
      <div style="width: 3000px">wide</div>${chart("short")}<text y="20">a</text><text y="25">b</text>
      <text x="500" y="20">c</text></svg></figure>`);
    const found = (await faults(page)).join("\n");
    const expected = [
      `P "one" overlaps P "two"`,
      "3000 wide",
      `only "short"`,
      `text "a" overlaps text "b"`,
      "its chart",
    ];
    for (const fault of expected) assertStringIncludes(found, fault);
  });
});

Deno.test("reports look right on a phone, in a window and on a wide screen, light and dark", async () => {
  const out = `${FOLDER}/run`, page = `${FOLDER}/trained.html`;
  const size = "--setting U-3-2-cp1-cd0 --iterations 40 --out".split(" ");
  const trained = await tedi(["train", ...SMALL, ...size, out, "--quiet"]);
  assertEquals(trained.code, 0, trained.stderr);
  const { stderr } = await tedi(["report", out, "--test-profiles", "500", "--audit", "--out", page, "--quiet"]);
  assert(Deno.statSync(page).isFile, stderr);
  await look(`file://${page}`, "report");

  const runs = [
    await madeUpRun("U-1-10"),
    await madeUpRun("U-1-1", { name: "runs/one-with-a-long-name-and-no-space" }),
  ];
  Deno.writeTextFileSync(`${FOLDER}/several.html`, (await makeReport(runs)).html);
  await look(`file://${FOLDER}/several.html`, "several");
});

Deno.test("a page keeps up with training to its report, and stays where it is read", async () => {
  // Types take their time until the browser has seen enough.
  const problem = `${FOLDER}/slow.ts`, out = `${FOLDER}/live`, seen = `${FOLDER}/seen`, iterations = 400;
  Deno.writeTextFileSync(
    problem,
    `const wait = new Int32Array(new SharedArrayBuffer(4));
    let seen = false;
    export default { name: "slow", participants: 1, goods: 2, sampleTypes(random, profiles) {
      try {
        seen ||= Deno.statSync(${JSON.stringify(seen)}).isFile;
      } catch {
        Atomics.wait(wait, 0, 0, 50);
      }
      return random.uniform(2 * profiles);
    } };`,
  );
  const args = ["train", ...SMALL, "--iterations", String(iterations), "--problem", problem, "--watch", "--out", out];
  const child = spawn([...args, "--json", "--quiet"]);
  const { event, rest } = await firstEvent(child);
  const done = (page: Page) => page.textContent(".result strong").then(Number);
  await withPage(async (page) => {
    await page.setViewportSize({ width: 390, height: 700 });
    await page.goto(String(event.watch));
    await page.waitForSelector("svg");
    const first = await done(page);
    assert(first < iterations);
    assertStringIncludes((await page.textContent("[role=status]"))!, "Training.");
    assertEquals(await faults(page), []);
    await screenshot(page, "live-390-light");

    await page.evaluate("scrollTo(0, 900)");
    const place = () => page.evaluate<number>("document.querySelector('section').getBoundingClientRect().top");
    const before = await place();
    await page.waitForFunction((first) => {
      // deno-lint-ignore no-explicit-any -- as above
      return Number((globalThis as any).document.querySelector(".result strong").textContent) > first;
    }, first);
    assert(Math.abs(await place() - before) < 2);
    Deno.writeTextFileSync(seen, "");

    await page.waitForSelector("aside");
    assertStringIncludes((await page.textContent("aside"))!, `tedi audit ${out} --problem`);
    assertStringIncludes((await page.textContent("main"))!, "What buyers pay");
    assertEquals(await page.textContent(".result strong"), Number((await rest).at(-1)!.revenue).toFixed(4));
    assertEquals(await faults(page), []);
    await screenshot(page, "watched-390-light");
  });
  assertEquals((await child.status).code, 0);
  assert(Deno.statSync(`${out}/report.html`).isFile);
});
