// The pictures that stand for the pages where a link to them is shared: 1200 by 630 pixels.
import type { Browser } from "playwright-core";
import sharp from "sharp";
import { escape } from "./shell.js";

export interface SharePicture {
  title: string;
  text: string;
  /** An image as PNG. */
  figure?: Buffer;
}

/** What the text and the margins leave for the figure, in pixels. */
const ROOM = { width: 634, height: 558 };

/** @returns each picture as JPEG */
export async function drawSharePictures(browser: Browser, pictures: SharePicture[]): Promise<Buffer[]> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 630 }, colorScheme: "light" });
  try {
    const drawn: Buffer[] = [];
    for (const { title, text, figure } of pictures) {
      // The browser would scale it, too, but on a busy machine in another way.
      const fitting =
        figure &&
        (await sharp(figure)
          .resize({ ...ROOM, fit: "inside" })
          .toBuffer());
      await page.setContent(`<!doctype html>
<style>
  body { margin: 0; height: 630px; display: flex; font: 30px/1.4 "Open Sans", sans-serif; color: #24292f; background: #fff }
  section { box-sizing: border-box; width: 530px; flex: none; padding: 64px 16px 56px 56px; border-left: 16px solid #0072b2; display: flex; flex-direction: column }
  h1 { font-size: 50px; line-height: 1.2; margin: 0 0 28px }
  p { margin: 0; color: #57606a }
  small { margin-top: auto; font-size: 26px; font-weight: 600 }
  figure { flex: 1; margin: 0; padding: 36px 36px 36px 0; display: grid; place-items: center }
</style>
<section><h1>${escape(title)}</h1><p>${escape(text)}</p><small>Training Techniques</small></section>
<figure>${fitting ? `<img src="data:image/png;base64,${fitting.toString("base64")}">` : ""}</figure>`);
      await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
      drawn.push(await page.screenshot({ type: "jpeg", quality: 88 }));
    }
    return drawn;
  } finally {
    await page.close();
  }
}
