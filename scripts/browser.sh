#!/bin/sh
# Print the path of a Chromium for the browser tests. With --install, get one where that is possible.
# CHROMIUM=... names another.
set -eu
cd "$(dirname "$0")/.."

find_browser() {
    if [ -n "${CHROMIUM:-}" ]; then command -v "$CHROMIUM" && return; fi
    for name in chromium chromium-browser google-chrome google-chrome-stable \
        '/Applications/Chromium.app/Contents/MacOS/Chromium' \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'; do
        command -v "$name" && return
    done
    # The one that Playwright downloaded.
    own=$(.venv/bin/python - <<'PYTHON'
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
PYTHON
)
    command -v "$own"
}

# Playwright's driver is a node that wants libatomic, which a bare Debian lacks.
ready() { .venv/bin/playwright --version >/dev/null 2>&1 && find_browser; }

if ready; then exit 0; fi

on_debian() { [ "$(. /etc/os-release 2>/dev/null && echo "$ID")" = debian ]; }

if on_debian; then
    packages='chromium fonts-dejavu-core libatomic1'
    if [ "${1:-}" = --install ] && [ "$(id -u)" = 0 ]; then
        echo "Installing $packages from Debian's packages ..." >&2
        export DEBIAN_FRONTEND=noninteractive
        lock='-o DPkg::Lock::Timeout=120'
        apt-get $lock -qq update >/dev/null
        apt-get $lock -qq install -y --no-install-recommends $packages >/dev/null
        ready
        exit
    fi
    line="sudo apt-get install -y --no-install-recommends $packages"
else
    line='.venv/bin/playwright install --with-deps chromium'
fi
echo 'The browser tests need Chromium and Playwright, and not all of it is here. This installs it:' >&2
echo "    $line" >&2
exit 1
