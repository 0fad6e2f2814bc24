// The browser that draws the static image of each figure. It comes compressed in an npm package, with the few shared
// libraries that a bare Debian lacks; here it is unpacked into the clone with a fixed set of fonts, so that a figure
// looks the same on every machine.
import {
  chmodSync,
  copyFileSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import { createBrotliDecompress } from "node:zlib";
import { cache } from "./clone.mjs";
import { isOlder, thisMachine } from "./machine.mjs";
import { installPackages } from "./npm.mjs";
import { stampedStep, writeWhole } from "./step.mjs";
import { runTool } from "./tool.mjs";

const home = join(cache, "chromium-143.0.4");

/** package.json and package-lock.json of what it is unpacked from. */
const packages = fileURLToPath(new URL("chromium", import.meta.url));
const lock = join(packages, "package-lock.json");

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

/** The package has a Chromium for these machines only, and the libraries that come with it need this glibc. */
function comes({ os, arch, glibc = "0.0" } = thisMachine()) {
  return os === "linux" && arch === "x64" && !isOlder(glibc, "2.34");
}

export const chromiumElsewhere =
  "No Chromium comes with the Node packages for this machine: pages, images and tests need Google Chrome installed, or " +
  "CHROMIUM to name a Chromium's program; images will differ from those of other machines.";

export const chromiumStep = {
  isNeeded: () => comes(),
  ...stampedStep({
    name: "Chromium, for the static images",
    megabytes: 300,
    stamp: join(home, ".stamp"),
    inputs: () => [readFileSync(lock)],
    async make(report) {
      const partial = `${home}.partial`;
      rmSync(partial, { recursive: true, force: true });
      mkdirSync(partial, { recursive: true });
      for (const file of ["package.json", "package-lock.json"]) copyFileSync(join(packages, file), join(partial, file));
      await installPackages({
        command: "ci",
        folder: partial,
        dev: false,
        total: Object.keys(JSON.parse(readFileSync(lock, "utf8")).packages).length - 1,
        doing: "Installing Chromium",
        report,
      });

      report("unpacking");
      const modules = join(partial, "node_modules");
      const archives = join(modules, "@sparticuz/chromium/bin");
      await decompress(join(archives, "chromium.br"), join(partial, "chromium"));
      chmodSync(join(partial, "chromium"), 0o755);
      await unpackTar(join(archives, "swiftshader.tar.br"), partial); // draws WebGL without a graphics card; beside the executable
      await unpackTar(join(archives, "al2023.tar.br"), partial); // lib/: NSS, NSPR and expat
      await unpackTar(join(archives, "fonts.tar.br"), partial); // fonts/Open_Sans
      for (const font of ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf"])
        copyFileSync(join(modules, "dejavu-fonts-ttf/ttf", font), join(partial, "fonts", font));
      writeWhole(join(partial, "fonts.conf"), fontsConf);
      rmSync(modules, { recursive: true });
      rmSync(home, { recursive: true, force: true });
      renameSync(partial, home);
    },
  }),
};

/**
 * @param {string} archive
 * @param {string} file
 */
async function decompress(archive, file) {
  await pipeline(createReadStream(archive), createBrotliDecompress(), createWriteStream(file));
}

/**
 * @param {string} archive
 * @param {string} folder
 */
async function unpackTar(archive, folder) {
  const tar = join(folder, "archive.tar");
  await decompress(archive, tar);
  await runTool("tar", ["-xf", tar, "--no-same-owner", "-C", folder], { doing: "Unpacking Chromium" });
  rmSync(tar);
}

/**
 * The options for playwright-core's `chromium.launch` to start this browser, which is unpacked first if necessary.
 * @returns {Promise<{ args: string[], executablePath?: string, channel?: string, env?: Record<string, string> }>}
 */
export async function launchOptions() {
  const args = [
    "--no-sandbox", // the sandbox needs rights that containers do not give; only our own pages are opened
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader", // WebGL in software, the same everywhere
    "--font-render-hinting=none",
    "--force-color-profile=srgb",
  ];
  const { CHROMIUM } = process.env;
  if (CHROMIUM) return { args, executablePath: CHROMIUM };
  if (!comes()) return { args, channel: "chrome" };
  if (!chromiumStep.isDone()) await chromiumStep.make(() => {});
  const fonts = join(home, "fonts.conf");
  if (readFileSync(fonts, "utf8") !== fontsConf) writeWhole(fonts, fontsConf); // the clone was moved
  return {
    args,
    executablePath: join(home, "chromium"),
    env: {
      .../** @type {Record<string, string>} */ (process.env),
      LD_LIBRARY_PATH: join(home, "lib"),
      FONTCONFIG_FILE: fonts,
    },
  };
}
