# Installs Debian packages that are missing; sourced by deploy/demo and deploy/test.
# shellcheck shell=bash

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

# Installs those of the named packages that are not there.
need_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null || fail "this is no Debian; it needs by another way: $*"
    for package in "$@"; do
        is_installed "$package" || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "missing: ${missing[*]}; neither root nor sudo, so install them: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    say "installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq || fail "apt-get update failed"
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null ||
        fail "apt-get could not install ${missing[*]}"
}

need_swift() {
    command -v swift >/dev/null || fail "swift is not in the PATH; it needs Swift 6.2 or newer (swift.org/install)"
}

build_packages=(librdkafka-dev libyaml-dev libmicrohttpd-dev zlib1g-dev pkg-config)
