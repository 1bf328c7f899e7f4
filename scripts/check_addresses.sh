#!/bin/sh
# Refuse files that name a package registry's host or a path of somebody's machine.
set -eu
cd "$(dirname "$0")/.."

hosts='(pypi|pythonhosted|npmjs|yarnpkg)\.(org|com)'
paths='(^|[^[:alnum:]_./-])/(root|Users|home/[a-z]+|work/(main|shared))/'
sources='^ *(-i |-f |--(extra-)?index-url|--find-links)|"resolved":|file://'
found=no

# Looks at every file that is not ignored, committed or not yet.
refuse() {
    code=0
    git grep --no-index --exclude-standard -nIE "$@" || code=$?
    case $code in
        0) found=yes ;;
        1) ;;
        *) exit 2 ;;
    esac
}

refuse "$hosts|$paths"
refuse -e "$sources" -- requirements package-lock.json

if [ $found = yes ]; then
    echo 'The lines above name a registry or a path of one machine: take them out.' >&2
    exit 1
fi
