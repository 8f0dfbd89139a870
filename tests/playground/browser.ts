/**
 * A real Chromium for tests of pages.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "playwright-core";

/** Where Debian has it. */
const CHROMIUM = "/usr/bin/chromium";
const QUIET = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"];

/** How a page is opened. */
export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** Opens a file in a browser for `use`, and gives everything that the page complained of, or asked a network for. */
export async function withPage(
  file: string,
  { width = 900, height = 900, dark = false }: PageOptions,
  use: (page: Page) => Promise<void>,
): Promise<string[]> {
  const complaints: string[] = [];
  let browser: Browser | undefined;
  try {
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: [...QUIET, "disable-component-update", "disable-sync"].map((name) => `--${name}`),
    });
    const page = await browser.newPage({ viewport: { width, height }, colorScheme: dark ? "dark" : "light" });
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => {
      if (!request.url().startsWith("file:")) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(new URL(`file://${file}`).href);
    await use(page);
  } finally {
    await browser?.close();
  }
  return complaints;
}
