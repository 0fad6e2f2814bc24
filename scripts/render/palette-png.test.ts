import assert from "node:assert/strict";
import test, { after, before } from "node:test";
import { chromium, type Browser, type Page } from "playwright-core";
import { launchOptions } from "#setup/chromium.mjs";
import { withPalette } from "./palette-png.js";

let browser: Browser;
let page: Page;
before(async () => {
  browser = await chromium.launch(await launchOptions());
  page = await browser.newPage();
});
after(() => browser?.close());

/** What a browser draws, as the PNG that it writes. */
async function drawn(kind: "few colours" | "many colours"): Promise<Buffer> {
  const url = await page.evaluate((kind) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 301, height: 200 });
    const context = canvas.getContext("2d")!;
    if (kind === "few colours") {
      for (const [i, colour] of ["#ffffff", "#d55e00", "rgba(0, 114, 178, 0.5)", "#000000"].entries()) {
        context.fillStyle = colour;
        context.fillRect(60 * i, 7 * i, 60, 200);
      }
    } else {
      const shades = context.createLinearGradient(0, 0, 301, 200);
      shades.addColorStop(0, "#0072b2");
      shades.addColorStop(1, "#e69f00");
      context.fillStyle = shades;
      context.fillRect(0, 0, 301, 200);
      context.fillStyle = "#24292f";
      context.font = "20px sans-serif";
      context.fillText("loss (smoothed)", 20, 100);
    }
    return canvas.toDataURL("image/png");
  }, kind);
  return Buffer.from(url.slice(url.indexOf(",") + 1), "base64");
}

/** The pixels of a PNG as a browser reads them. */
function pixels(png: Buffer): Promise<number[]> {
  return page.evaluate(
    async (url) => {
      const bitmap = await createImageBitmap(await (await fetch(url)).blob(), { premultiplyAlpha: "none" });
      const canvas = Object.assign(document.createElement("canvas"), { width: bitmap.width, height: bitmap.height });
      const context = canvas.getContext("2d")!;
      context.drawImage(bitmap, 0, 0);
      return [...context.getImageData(0, 0, bitmap.width, bitmap.height).data];
    },
    `data:image/png;base64,${png.toString("base64")}`,
  );
}

test("an image of few colours, some of them transparent, stays as it is", async () => {
  const png = await drawn("few colours");
  const small = withPalette(png);
  assert.deepEqual(await pixels(small), await pixels(png));
  assert.equal(small[25], 3, "colour type: palette");
});

test("an image of many colours differs by what nobody sees, takes less space, and is made equal again", async () => {
  const png = await drawn("many colours");
  const small = withPalette(png);
  const [before, after] = [await pixels(png), await pixels(small)];
  const differences = before.map((value, i) => Math.abs(value - after[i]));
  const most = differences.reduce((a, b) => Math.max(a, b));
  assert.ok(most <= 24, `at most ${most}`);
  assert.ok(differences.reduce((sum, value) => sum + value, 0) / differences.length < 1.5);
  assert.ok(small.length < png.length);
  assert.deepEqual(withPalette(png), small);
});

test("another kind of image is refused", async () => {
  const small = withPalette(await drawn("few colours"));
  assert.throws(() => withPalette(small), /colour type 3/);
});
