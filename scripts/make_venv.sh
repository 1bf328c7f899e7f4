#!/bin/sh
# Make the virtual environment $1 with the first fitting Python found, and put uv into it.
# PYTHON=... chooses another Python.
set -eu
venv=$1

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
makes_venvs() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

if ! new_enough "$venv/bin/python"; then
    chosen= without_venv=
    for python in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11 python}; do
        if ! new_enough "$python"; then continue; fi
        if makes_venvs "$python"; then chosen=$python && break; fi
        without_venv=${without_venv:-$python}
    done
    if [ -z "$chosen" ] && [ -n "$without_venv" ]; then
        echo "$without_venv has no module venv or ensurepip, so it can't make an environment." >&2
        echo 'On Debian and Ubuntu: apt-get install python3-venv' >&2
        exit 1
    fi
    if [ -z "$chosen" ]; then
        echo 'No Python >= 3.11 found. Install one, or name it: make demo PYTHON=/path/to/python' >&2
        exit 1
    fi
    echo "Making $venv with $("$chosen" --version) ..."
    "$chosen" -m venv --clear "$venv"
fi

# uv installs in seconds what pip needs half a minute for.
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    "$venv/bin/python" -m ensurepip >/dev/null
fi
PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 "$venv/bin/python" -m pip install \
    -qq --no-cache-dir --no-deps --require-hashes -r requirements/uv.txt
