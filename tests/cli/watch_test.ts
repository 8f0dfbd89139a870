/** The server of `tedi train --watch`: whom it answers, and that training goes on whatever its pages do. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { firstEvent, SMALL, spawn, tedi, testFolder } from "./tedi.ts";

const FOLDER = testFolder();
const WATCH = ["train", ...SMALL, "--iterations", "1000000", "--watch", "--quiet", "--out"];

/** The answer to a request as it stands, which `fetch` would not send. */
async function ask(port: number, request: string): Promise<string> {
  using connection = await Deno.connect({ hostname: "127.0.0.1", port });
  await connection.write(new TextEncoder().encode(`${request}\r\nConnection: close\r\n\r\n`));
  return await new Response(connection.readable).text();
}

Deno.test("the page is for browsers on this machine, and Ctrl-C stops in order while one is open", async () => {
  const out = `${FOLDER}/run`, child = spawn([...WATCH, out, "--json"]);
  const { event, rest } = await firstEvent(child), address = String(event.watch), port = Number(new URL(address).port);
  assertEquals(address, `http://127.0.0.1:${port}/`);

  const first = await fetch(address), html = await first.text();
  assertStringIncludes(html, "of 1000000 iterations");
  assertStringIncludes(html.replace(/<\/?span>/g, ""), "tedi train --setting");
  assertEquals(html.match(/https?:/g), null, "nothing of elsewhere is loaded");
  const policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; connect-src 'self'";
  assertStringIncludes(html, `content="${policy}"`);
  assertStringIncludes(first.headers.get("content-security-policy")!, `${policy}; frame-ancestors 'none'`);
  assertEquals(await (await fetch(address)).text(), html, "a page is made again only when it has grown old");

  const cases: [request: string, status: number][] = [
    [`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}`, 200],
    [`GET / HTTP/1.1\r\nHost: localhost:${port}`, 200],
    [`GET /live.js HTTP/1.1\r\nHost: 127.0.0.1:${port}`, 200],
    [`GET /favicon.ico HTTP/1.1\r\nHost: 127.0.0.1:${port}`, 204],
    [`GET / HTTP/1.1\r\nHost: rebound.example:${port}`, 403],
    [`GET / HTTP/1.1\r\nHost: 127.0.0.1`, 403],
    [`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}.example`, 403],
    [`GET http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: rebound.example`, 403],
    [`POST / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 0`, 405],
    [`GET /config.json HTTP/1.1\r\nHost: 127.0.0.1:${port}`, 404],
    [`GET /../config.json HTTP/1.1\r\nHost: 127.0.0.1:${port}`, 404],
  ];
  for (const [request, status] of cases) {
    const answer = await ask(port, request);
    assertEquals(answer.slice(0, 12), `HTTP/1.1 ${status}`, request);
    assertEquals(/access-control/i.test(answer), false);
  }
  for (const { address: hostname, family } of Deno.networkInterfaces()) {
    if (family === "IPv6" || hostname.startsWith("127.")) continue;
    const refused = await Deno.connect({ hostname, port }).then((connection) => connection.close(), () => true);
    assert(refused, `it can be reached at ${hostname}`);
  }

  const left = new AbortController();
  await fetch(`${address}news`, { signal: left.signal });
  left.abort(); // training goes on
  const news = await fetch(`${address}news`);
  child.kill("SIGINT");
  // The last news come once all is over, and the connection stays for the page to be fetched.
  const reader = news.body!.pipeThrough(new TextDecoderStream()).getReader();
  let heard = "";
  while (!heard.includes("event: end")) heard += (await reader.read()).value!;
  const last = await (await fetch(address)).text();
  await reader.cancel();
  assertStringIncludes(last, `with a checkpoint. Go on with:`);
  assertEquals(/<script/.test(last), false);
  const { iteration } = (await rest).at(-1)!;
  assertStringIncludes(last, `<strong>${iteration}</strong>`);
  assertEquals((await child.status).code, 130);
});

Deno.test("wrong ports are refused before any work", async () => {
  const taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const cases: [args: string[], code: number, message: string][] = [
    [["--port", "8000"], 2, "Cannot run tedi train: --port needs --watch"],
    [["--watch", "--port", "65536"], 2, "--port must be an integer from 0 to 65535, got 65536"],
    [["--watch", "--port", "-1"], 2, "--port must be a non-negative integer, got -1"],
    [
      ["--watch", "--port", String(taken.addr.port)],
      1,
      `Cannot watch on port ${taken.addr.port} of 127.0.0.1: address`,
    ],
  ];
  for (const [args, code, message] of cases) {
    const { code: ended, stderr } = await tedi(["train", ...SMALL, "--out", `${FOLDER}/none`, ...args]);
    assertEquals(ended, code, stderr);
    assertStringIncludes(stderr, message);
  }
  taken.close();
  assertEquals(Array.from(Deno.readDirSync(FOLDER), ({ name }) => name).includes("none"), false);
});

Deno.test("an affine maximizer's training is watched, too, and ends with its report", async () => {
  const out = `${FOLDER}/once`, sizes = ["--iterations", "3", "--profiles", "8", "--test-profiles", "100"];
  const args = ["train", "--setting", "U-2-2-unit", ...sizes, "--backend", "wasm", "--watch", "--out", out];
  const { code, stderr } = await tedi(args);
  assertEquals(code, 0, stderr);
  assertStringIncludes(stderr, "Watch: http://127.0.0.1:");
  assertStringIncludes(await Deno.readTextFile(`${out}/report.html`), "<sup>unit</sup>");
});
