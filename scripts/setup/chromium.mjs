// The browser that draws the static image of each figure. It comes compressed in an npm package, with the few shared
// libraries that a bare Debian lacks; here it is unpacked into the clone with a fixed set of fonts, so that a figure
// looks the same on every machine.
import { chmodSync, copyFileSync, createReadStream, createWriteStream, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { createBrotliDecompress } from "node:zlib";
import { cache, nodeModules } from "./clone.mjs";
import { stampedStep, writeWhole } from "./step.mjs";
import { runTool } from "./tool.mjs";

const version = "143.0.4";
const home = join(cache, `chromium-${version}`);
const archives = join(nodeModules, "@sparticuz/chromium/bin");
const dejaVu = join(nodeModules, "dejavu-fonts-ttf/ttf");

// Open Sans is the figures' font; DejaVu has the symbols that it lacks (∇, →, ⊙, ᵀ).
const fontsConf = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>${home}/fonts</dir>
  <cachedir>${home}/font-cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
`;

export const chromiumStep = stampedStep({
  name: "Chromium, for the static images",
  megabytes: 230,
  stamp: join(home, ".stamp"),
  // The font configuration contains the clone's path, so a moved clone unpacks again.
  inputs: () => [version, fontsConf],
  async make(report) {
    report("unpacking");
    const partial = `${home}.partial`;
    rmSync(partial, { recursive: true, force: true });
    mkdirSync(partial, { recursive: true });
    await decompress("chromium.br", join(partial, "chromium"));
    chmodSync(join(partial, "chromium"), 0o755);
    await unpackTar("swiftshader.tar.br", partial); // draws WebGL without a graphics card; beside the executable
    await unpackTar("al2023.tar.br", partial); // lib/: NSS, NSPR and expat
    await unpackTar("fonts.tar.br", partial); // fonts/Open_Sans
    for (const font of ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf"])
      copyFileSync(join(dejaVu, font), join(partial, "fonts", font));
    writeWhole(join(partial, "fonts.conf"), fontsConf);
    rmSync(home, { recursive: true, force: true });
    renameSync(partial, home);
  },
});

/**
 * @param {string} name  one of the package's archives
 * @param {string} file
 */
async function decompress(name, file) {
  await pipeline(createReadStream(join(archives, name)), createBrotliDecompress(), createWriteStream(file));
}

/**
 * @param {string} name  one of the package's archives
 * @param {string} folder
 */
async function unpackTar(name, folder) {
  const tar = join(folder, "archive.tar");
  await decompress(name, tar);
  await runTool("tar", ["-xf", tar, "--no-same-owner", "-C", folder], { doing: "Unpacking Chromium" });
  rmSync(tar);
}

/**
 * The options for playwright-core's `chromium.launch` to start this browser, which is unpacked first if necessary.
 * @returns {Promise<{ executablePath: string, args: string[], env: Record<string, string>, headless: true }>}
 */
export async function launchOptions() {
  if (!chromiumStep.isDone()) await chromiumStep.make(() => {});
  return {
    executablePath: join(home, "chromium"),
    args: [
      "--no-sandbox", // the sandbox needs rights that containers do not give; only our own pages are opened
      "--use-gl=angle",
      "--use-angle=swiftshader",
      "--enable-unsafe-swiftshader", // WebGL in software, the same everywhere
      "--font-render-hinting=none",
      "--force-color-profile=srgb",
    ],
    env: {
      .../** @type {Record<string, string>} */ (process.env),
      LD_LIBRARY_PATH: join(home, "lib"),
      FONTCONFIG_FILE: join(home, "fonts.conf"),
    },
    headless: true,
  };
}
