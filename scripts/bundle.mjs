// Bundles the script's modules into the one committed classic script, or tells whether it is stale (--check).
import { readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minify } from "terser";
import UglifyJS from "uglify-js";

const LIMIT = 10240; // bytes, brotli 11: growth is a decision, not an accident
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const target = join(root, "dfws_html/static/js/df_websockets.min.js");

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }).length;

const result = await build({
  absWorkingDir: root,
  entryPoints: ["dfws_html/static/dfws_html/main.js"],
  outfile: target,
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
// Two minifiers: each finds what the other leaves, and together they are better than one.
const terser = await minify(result.outputFiles[0].text, {
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
// A classic script: what is a module's own does not become the page's.
const bundle = Buffer.from(`"use strict";(()=>{${uglify.code}})();\n`);

const [{ inputs }] = Object.values(result.metafile.outputs);
for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
  console.log(`${String(bytesInOutput).padStart(7)} raw  ${basename(path)}`);
}
const size = brotli(bundle);
console.log(
  `${String(bundle.length).padStart(7)} raw, ${gzipSync(bundle, { level: 9 }).length} gzip, ${size} brotli`,
);

if (size > LIMIT) {
  console.error(`The bundle is over its limit of ${LIMIT} bytes of brotli.`);
  process.exitCode = 1;
}
if (!process.argv.includes("--check")) {
  writeFileSync(target, bundle);
} else if (!committed()?.equals(bundle)) {
  console.error("The committed bundle is stale: npm run build");
  process.exitCode = 1;
}

function committed() {
  try {
    return readFileSync(target);
  } catch {
    return undefined;
  }
}
