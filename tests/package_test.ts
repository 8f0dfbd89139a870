/** What holds for the package as a whole: it runs from a URL, and its rooms depend on each other one way. */
import { assert, assertEquals } from "@std/assert";
import { fromFileUrl, relative, ROOT, sources } from "./sources.ts";
