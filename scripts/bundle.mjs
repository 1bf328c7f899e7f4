// Bundles the script's modules into the committed classic scripts, or tells whether they are stale (--check).
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import UglifyJS from "uglify-js";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const sources = "dfws_html/static/dfws_html";

// Limits in bytes, brotli 11: growth is a decision, not an accident.
const bundles = [
  { entry: "main.js", target: "df_websockets.min.js", limit: 13950 },
  { entry: "debug/main.js", target: "df_websockets.debug.js", limit: 6144 },
];

for (const bundle of bundles) await make(bundle);

/** @param {(typeof bundles)[number]} bundle */
async function make({ entry, target, limit }) {
  const path = join(root, "dfws_html/static/js", target);
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: [`${sources}/${entry}`],
    outfile: path,
    bundle: true,
    charset: "utf8",
    format: "esm",
    target: "es2022", // of an age with structuredClone(), which the script needs
    legalComments: "none",
    // Said here, so that the bytes do not hang on a tsconfig.json that lies somewhere above.
    tsconfigRaw: { compilerOptions: { alwaysStrict: true } },
    metafile: true,
    write: false,
  });
  // A classic script: what is a module's own does not become the page's.
  const code = Buffer.from(`"use strict";(()=>{${await small(outputFiles[0].text)}})();\n`);
  console.log(target);
  const [{ inputs }] = Object.values(metafile.outputs);
  for (const [name, { bytesInOutput }] of Object.entries(inputs)) {
    console.log(`${String(bytesInOutput).padStart(7)} raw  ${basename(name)}`);
  }
  const size = brotli(code);
  const gzip = gzipSync(code, { level: 9 }).length;
  console.log(`${String(code.length).padStart(7)} raw, ${gzip} gzip, ${size} brotli of ${limit}`);
  if (size > limit) fail(`${target} is over its limit of ${limit} bytes of brotli.`);
  if (!process.argv.includes("--check")) writeFileSync(path, code);
  else if (!committed(path)?.equals(code)) {
    fail(`${relative(root, path)} is stale: npm run build`);
  }
}

/** Two minifiers: each finds what the other leaves, and together they are better than one. */
async function small(text) {
  const terser = await minify(text, {
    ecma: 2022,
    module: true,
    // Functions that stand together compress better.
    compress: { ecma: 2022, passes: 4, pure_getters: true, unsafe_arrows: true, hoist_funs: true },
  });
  const uglify = UglifyJS.minify(terser.code, {
    module: true,
    compress: { passes: 4, pure_getters: true },
  });
  if (uglify.error) throw uglify.error;
  return uglify.code;
}

/** @param {Buffer} bytes */
function brotli(bytes) {
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return brotliCompressSync(bytes, { params }).length;
}

/** @param {string} path */
function committed(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** @param {string} message */
function fail(message) {
  console.error(message);
  process.exitCode = 1;
}
