# Sourced by ./demo and ./test: installs what the lists name and the machine does not have.

# Names in the lists given that are not installed; a line's second word is a program that does as well.
packages_missing()
{
    sed 's/#.*//' "$@" | while read -r package program; do
        [ -n "$package" ] || continue
        dpkg-query -W -f='${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed && continue
        [ -n "$program" ] && command -v "$program" >/dev/null && continue
        echo "$package"
    done
}

# Uses the network only when something is missing.
packages_install()
{
    local missing as_root=
    missing=$(packages_missing "$@" | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    echo "  Installing from Debian: $missing"
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
        if ! command -v sudo >/dev/null; then
            echo "  This needs root once. Run as root: apt-get update && apt-get install $missing" >&2
            return 1
        fi
    fi
    # shellcheck disable=SC2086
    if ! { $as_root apt-get -qq update && $as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        -o Dpkg::Use-Pty=0 install $missing; } >"${TMPDIR:-/tmp}/athar-packages.$$" 2>&1; then
        tail -n 20 "${TMPDIR:-/tmp}/athar-packages.$$" >&2
        echo "  The packages could not be installed. Is this Debian 12, with a way to its mirror?" >&2
        return 1
    fi
    rm -f "${TMPDIR:-/tmp}/athar-packages.$$"
}
