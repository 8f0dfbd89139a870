/**
 * Serves one page that is kept up to date, to browsers on this machine alone.
 *
 * @module
 */
import { attempt } from "../io/atomic.ts";
import { LIVE_POLICY, LIVE_SCRIPT, NEWS_PATH, SCRIPT_PATH } from "../report/live_page.ts";
import { policy } from "../report/html.ts";

/** A server that runs. */
export interface LiveServer {
  /** Where the page is. */
  readonly address: string;
  /** Shows this page from now on. It is made when somebody asks for it, and again when it has grown old. */
  show(make: () => Promise<string>): void;
  /** Lets open pages fetch the last state, and ends. Harmless when repeated. */
  end(): Promise<void>;
}

const HOST = "127.0.0.1";
/** Milliseconds after which a page is old, at least and at most. */
const OLD = 2000, OLDEST = 10_000;
/** A page is kept this many times as long as it took to make, so that making pages does not slow the training down. */
const KEPT = 30;
/** Milliseconds that open pages have to fetch the last state. */
const GRACE = 2000;

/**
 * Opens a server on the loopback device.
 *
 * @param port 0 for one that is free.
 * @param warn Told what went wrong with a page; the server goes on.
 * @throws {MachineError} where the port is taken, or the permission is missing.
 */
export async function openLiveServer(port: number, warn: (message: string) => void): Promise<LiveServer> {
  /** Open pages, which hear of news. */
  const pages = new Set<ReadableStreamDefaultController<Uint8Array>>();
  const tell = (line: string): void => {
    for (const page of pages) page.enqueue(new TextEncoder().encode(line));
  };
  const ending = new AbortController();
  let make: (() => Promise<string>) | undefined, ended = false, allLeft = (): void => {};
  let made: Promise<string> | undefined, old = 0;

  const current = (make: () => Promise<string>): Promise<string> => {
    if (made && performance.now() < old) return made;
    old = Infinity; // Whoever else asks gets the same one.
    const start = performance.now(), making = made = make();
    const done = (): void => {
      const now = performance.now();
      if (made === making) old = now + Math.min(OLDEST, Math.max(OLD, KEPT * (now - start)));
    };
    making.then(done, done);
    return making;
  };
  const timer = setInterval(() => performance.now() < old || tell("data: new\n\n"), OLD);
  Deno.unrefTimer(timer);

  const news = (): Response => {
    let own: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start(page) {
        pages.add(own = page);
        page.enqueue(new TextEncoder().encode(ended ? "event: end\ndata: end\n\n" : ": hello\n\n"));
      },
      cancel() {
        pages.delete(own);
        if (pages.size === 0) allLeft();
      },
    });
    return answer(body, "text/event-stream");
  };

  const server: Deno.HttpServer<Deno.NetAddr> = await attempt(`watch on port ${port} of ${HOST}`, () =>
    Deno.serve({
      ...{ hostname: HOST, port, signal: ending.signal, onListen: () => {} },
      onError(error) {
        warn(`a page could not be made: ${(error as Error).message}`);
        return refuse(500, "This page could not be made.");
      },
    }, async (request) => {
      // A page of elsewhere whose name was made to point here must not read this one: DNS rebinding.
      if (!names.includes(request.headers.get("host") ?? "")) return refuse(403, `This is ${address} alone.`);
      const { pathname } = new URL(request.url);
      if (request.method !== "GET") return refuse(405, "This page takes GET alone.", { allow: "GET" });
      if (pathname === "/") {
        if (!make) return refuse(503, "There is nothing to see yet.", { refresh: "1" });
        return answer(await current(make), "text/html; charset=utf-8");
      }
      if (pathname === SCRIPT_PATH) return answer(LIVE_SCRIPT, "text/javascript; charset=utf-8");
      if (pathname === NEWS_PATH) return news();
      // Browsers ask for an icon, whatever a page says.
      return pathname === "/favicon.ico" ? answer(null) : refuse(404, "There is nothing here.");
    }));
  server.unref();
  const address = `http://${HOST}:${server.addr.port}/`;
  const names = [HOST, "localhost"].map((name) => new URL(`http://${name}:${server.addr.port}`).host);

  return {
    address,
    show(next) {
      make = next, made = undefined;
      tell("data: new\n\n");
    },
    async end() {
      if (ended) return;
      ended = true;
      clearInterval(timer);
      if (pages.size > 0) {
        tell("event: end\ndata: end\n\n");
        await new Promise<void>((resolve) => {
          const late = setTimeout(resolve, GRACE);
          allLeft = () => (clearTimeout(late), resolve());
        });
      }
      ending.abort();
      await server.finished;
    },
  };
}

/** What every answer says: keep nothing, let no other page have it, and do nothing that the page does not do. */
const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": `${policy(LIVE_POLICY)}; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
};

function answer(body: BodyInit | null, type?: string): Response {
  return new Response(body, {
    status: body === null ? 204 : 200,
    headers: { ...HEADERS, ...type && { "content-type": type } },
  });
}

function refuse(status: number, words: string, more: Readonly<Record<string, string>> = {}): Response {
  return new Response(`${words}\n`, { status, headers: { ...HEADERS, ...more, "content-type": "text/plain" } });
}
