/**
 * Where pages of Markdown lead to.
 *
 * @module
 */

/** A page without its blocks of code. */
export const prose = (page: string): string => page.replace(/^( *)```[\s\S]*?^\1```$/gm, "");

/** The links of a page, and what it shows, that are given from where it is: no addresses of the web. */
export function relativeLinks(page: string): string[] {
  const links = prose(page).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: *(\S+)|\b(?:src|href)="([^"]+)"/gm);
  return Array.from(links, ([, inline, reference, html]) => inline ?? reference ?? html)
    .filter((target) => !/^[a-z]+:/.test(target));
}
