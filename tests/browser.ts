/**
 * Pages in headless Chromium, for tests.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

export type { Page } from "playwright-core";

/** Where Chromium may be; CHROMIUM in the environment comes before all of them. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
/** No sandbox, for tests run as root in containers; nothing of its own in the network. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of Chromium. Fails, and says what to install, where there is none: these tests are not to be passed over. */
function findChromium(): string {
  const named = Deno.env.get("CHROMIUM"), places = named ? [named] : PLACES;
  for (const path of places) {
    try {
      if (Deno.statSync(path).isFile) return path;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new Error(
    `Cannot test pages: Chromium must be at ${
      places.join(" or ")
    }; install it (on Debian: apt-get install chromium), ` +
      "or name another one in the environment variable CHROMIUM",
  );
}

let browser: Browser | undefined;
Deno.test.beforeAll(async () => {
  browser = await chromium.launch({ executablePath: findChromium(), args: ARGUMENTS });
});
Deno.test.afterAll(async () => await browser?.close());

/**
 * Opens a page in the Chromium of this test file. Fails afterwards where the page had an error, wrote one to its console,
 * could not load something or asked for anything beyond this machine.
 */
export async function withPage(
  work: (page: Page) => Promise<void>,
  options: BrowserContextOptions = {},
): Promise<void> {
  const context = await browser!.newContext(options), wrong: string[] = [];
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => wrong.push(`error: ${error.message}`));
    page.on("console", (line) => {
      if (line.type() === "error" || line.type() === "warning") wrong.push(`console: ${line.text()}`);
    });
    page.on("request", (request) => {
      const { protocol, hostname } = new URL(request.url());
      if (/^(https?|wss?):$/.test(protocol) && hostname !== "127.0.0.1") wrong.push(`asked for ${request.url()}`);
    });
    page.on("requestfailed", (request) => {
      const reason = request.failure()?.errorText;
      // A page may end a request of its own.
      if (reason !== "net::ERR_ABORTED") wrong.push(`request: ${request.url()}: ${reason}`);
    });
    page.on("response", (response) => {
      if (response.status() >= 400) wrong.push(`request: ${response.url()}: ${response.status()}`);
    });
    await work(page);
    assertEquals(wrong, []);
  } finally {
    await context.close();
  }
}

/** Keeps a picture of a page in the folder that TEDI_SCREENSHOTS names, if it names one. */
export async function screenshot(page: Page, name: string): Promise<void> {
  const folder = Deno.env.get("TEDI_SCREENSHOTS");
  if (folder) await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
}
