#!/bin/sh
# Print the path of a Redis server for the tests and the demo. With --install, get one where that is
# possible. REDIS_SERVER=... names another.
set -eu

find_server() {
    if [ -n "${REDIS_SERVER:-}" ]; then command -v "$REDIS_SERVER" && return; fi
    for name in redis-server valkey-server; do
        command -v "$name" && return
    done
    return 1
}

if find_server; then exit 0; fi

on_debian() { [ "$(. /etc/os-release 2>/dev/null && echo "$ID")" = debian ]; }

if on_debian; then
    if [ "${1:-}" = --install ] && [ "$(id -u)" = 0 ]; then
        echo "Installing redis-server from Debian's packages ..." >&2
        export DEBIAN_FRONTEND=noninteractive
        lock='-o DPkg::Lock::Timeout=120'
        # Only the program is wanted: nothing that listens on this machine is to be started.
        policy=/usr/sbin/policy-rc.d
        if [ ! -e $policy ]; then
            trap 'rm -f $policy' EXIT
            printf '#!/bin/sh\nexit 101\n' >$policy
            chmod +x $policy
        fi
        apt-get $lock -qq update >/dev/null
        apt-get $lock -qq install -y --no-install-recommends redis-server >/dev/null
        find_server
        exit
    fi
    line='sudo apt-get install -y --no-install-recommends redis-server'
elif command -v brew >/dev/null; then
    line='brew install redis'
elif command -v dnf >/dev/null; then
    line='sudo dnf install -y valkey'
else
    line='sudo apt-get install -y --no-install-recommends redis-server'
fi
echo 'The tests need a Redis or Valkey server, and there is none. This installs it:' >&2
echo "    $line" >&2
exit 1
