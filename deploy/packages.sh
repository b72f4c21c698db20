# Installs Debian packages that are missing; sourced by deploy/demo and deploy/test.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Installs what is missing of the named packages. package:command is there when the command is, however it came.
need_packages() {
    local missing=() word
    for word in "$@"; do
        case $word in
        *:*) command -v "${word#*:}" >/dev/null || missing+=("${word%:*}") ;;
        *) is_installed "$word" || missing+=("$word") ;;
        esac
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null || fail "there is no apt-get here; install by other means: ${missing[*]}"
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "missing, and this is neither root nor is there sudo: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    # An index that is a little old mostly still serves; what cannot be installed is said below.
    "${as_root[@]}" apt-get update -qq || say "apt-get update failed; trying with the index that is there"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install ${missing[*]}"
}

need_swift() {
    command -v swift >/dev/null || fail "swift is not in the PATH; it needs Swift 6.2 or newer (swift.org/install)"
}

# What building takes.
need_build_packages() {
    need_packages librdkafka-dev libyaml-dev libmicrohttpd-dev zlib1g-dev libssl-dev pkg-config:pkg-config
}
