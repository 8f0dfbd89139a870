/**
 * How to cite the paper and this software. CITATION.cff is one of the texts that are made of it.
 *
 * @module
 */
import { VERSION } from "../version.ts";

/** The texts that {@linkcode citation} makes. */
export const CITATION_FORMATS = ["text", "bibtex", "cff"] as const;
/** One of them: for people, for BibTeX and BibLaTeX, or in the Citation File Format 1.2.0. */
export type CitationFormat = typeof CITATION_FORMATS[number];

/** This software. */
export const software = {
  title: "@tedi/toolkit: learning truthful mechanisms without discretization",
  author: "The authors of @tedi/toolkit",
  version: VERSION,
  license: "MIT",
} as const;

/** The paper whose method it implements. */
export const paper = {
  title: "Learning Truthful Mechanisms without Discretization",
  authors: [
    { given: "Yunxuan", family: "Ma" },
    { given: "Steven (Siqiang)", family: "Wang" },
    { given: "Zhijian", family: "Duan" },
    { given: "Yukun", family: "Cheng" },
    { given: "Xiaotie", family: "Deng" },
  ],
  proceedings:
    "Proceedings of the 25th International Conference on Autonomous Agents and Multiagent Systems (AAMAS 2026)",
  conference: { name: "AAMAS 2026", city: "Paphos", country: "CY", start: "2026-05-25", end: "2026-05-29" },
  publisher: "IFAAMAS",
  year: 2026,
  doi: "10.65109/JTXL5273",
} as const;

const url = `https://doi.org/${paper.doi}`;

/** How to cite the paper and this software, without a line end after it. */
export function citation(format: CitationFormat): string {
  return { text, bibtex, cff }[format]();
}

function text(): string {
  const names = paper.authors.map(({ given, family }) => `${given} ${family}`);
  const authors = `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
  return [
    `${authors}. ${paper.title}. In ${paper.proceedings}. ${paper.publisher}, ${paper.year}. ${url}`,
    `${software.author}. ${software.title}. Version ${software.version}. ${software.license} license.`,
  ].join("\n\n");
}

function bibtex(): string {
  const entry = (head: string, fields: Readonly<Record<string, string | number>>) =>
    [`@${head},`, ...Object.entries(fields).map(([name, value]) => `  ${name} = {${value}},`), "}"].join("\n");
  return [
    entry("inproceedings{ma2026learning", {
      author: paper.authors.map(({ given, family }) => `${family}, ${given}`).join(" and "),
      title: `{${paper.title}}`,
      booktitle: paper.proceedings,
      publisher: paper.publisher,
      year: paper.year,
      doi: paper.doi,
      url,
    }),
    entry("software{teditoolkit", {
      author: `{${software.author}}`,
      title: `{${software.title}}`,
      version: software.version,
      license: software.license,
    }),
  ].join("\n\n");
}

function cff(): string {
  const { conference } = paper;
  return [
    "cff-version: 1.2.0",
    "message: If you use this software, please cite the paper whose method it implements.",
    `title: "${software.title}"`,
    "type: software",
    `version: ${software.version}`,
    `license: ${software.license}`,
    "authors:",
    `  - name: ${software.author}`,
    "preferred-citation:",
    "  type: conference-paper",
    `  title: ${paper.title}`,
    "  authors:",
    ...paper.authors.flatMap(({ given, family }) => [`    - family-names: ${family}`, `      given-names: ${given}`]),
    "  collection-title: >-",
    `    ${paper.proceedings}`,
    "  conference:",
    `    name: ${conference.name}`,
    `    city: ${conference.city}`,
    `    country: ${conference.country}`,
    `    date-start: ${conference.start}`,
    `    date-end: ${conference.end}`,
    "  publisher:",
    `    name: ${paper.publisher}`,
    `  year: ${paper.year}`,
    `  doi: ${paper.doi}`,
  ].join("\n");
}
