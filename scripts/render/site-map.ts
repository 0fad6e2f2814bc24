// What search engines ask a site for.
import { readdirSync, writeFileSync } from "node:fs";
import { join, sep } from "node:path";
import { addressOf } from "./shell.js";

/** Writes sitemap.xml and robots.txt for all pages in a folder. */
export function writeSiteMap(site: string, address: string): void {
  const files = readdirSync(site, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".html") && file !== "404.html")
    .map((file) => file.replaceAll(sep, "/"))
    .sort();
  const urls = files.map((file) => `<url><loc>${encodeURI(addressOf(address, file))}</loc></url>`);
  writeFileSync(
    join(site, "sitemap.xml"),
    `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${urls.join("\n")}
</urlset>
`,
  );
  writeFileSync(join(site, "robots.txt"), `User-agent: *\nAllow: /\nSitemap: ${address}/sitemap.xml\n`);
}
