// Draws a page at three widths, light and dark, or one picture of its beginning.
//
// usage: pictures.mjs PAGE.HTML FOLDER            PAGE.HTML PICTURE.PNG
import path from "node:path";
import { SCHEMES, WIDTHS, launch, open } from "./browser.mjs";

const [file, out] = process.argv.slice(2);
const browser = await launch();
try {
  if (out.endsWith(".png")) {
    const { page } = await open(browser, file, { width: 1000 });
    await page.setViewportSize({ width: 1000, height: 640 });
    await page.screenshot({ path: out });
  } else {
    for (const width of WIDTHS) {
      for (const scheme of SCHEMES) {
        const { page, close } = await open(browser, file, { width, scheme });
        const name = path.basename(file, ".html");
        await page.screenshot({ path: path.join(out, `${name}-${width}-${scheme}.png`) });
        await close();
      }
    }
  }
} finally {
  await browser.close();
}
