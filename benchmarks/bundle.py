"""The bytes that a page loads: the script, minified, as brotli sends it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

_BUNDLE = Path(__file__).parent.parent / "dfws_html/static/js/df_websockets.min.js"
_MEASURE = """
const z = require("zlib"), b = require("fs").readFileSync(process.argv[1]);
const q = {params: {[z.constants.BROTLI_PARAM_QUALITY]: 11}};
console.log(JSON.stringify([b.length, z.gzipSync(b, {level: 9}).length,
  z.brotliCompressSync(b, q).length]));
"""


def main() -> None:
    """Print the size of the committed bundle."""
    node = shutil.which("node")
    if node is None:
        print("bundle: not measured, node is needed to compress it")
        return
    done = subprocess.run([node, "-e", _MEASURE, _BUNDLE], check=True, capture_output=True)
    raw, gzip, brotli = json.loads(done.stdout)
    print(f"bundle, minified: {raw} bytes, gzip -9 {gzip}, brotli 11 {brotli}")


if __name__ == "__main__":
    main()
