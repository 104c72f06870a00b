#!/usr/bin/env bash
# Installs the packages into a minimal Debian 12, each layer with what it depends on, and holds what
# is there against what was promised; removes and purges them: are the records left?
#   packaging/install_check.sh PACKAGES STATE [WORLD]      as root; ./dev package --install-check
# With the folder of a world (yizhan-lab) its units are also started (start_check.sh).
set -euo pipefail

packages=$(realpath "$1") state=$(realpath -m "$2") world=${3:+$(realpath "$3")}
base=$state/base root=$state/root failures=0
mirror=${YIZHAN_DEBIAN_MIRROR:-http://deb.debian.org/debian}
daemons='keyholder scanner exchange terminal management'

# In a mount namespace of its own, so that nothing stays mounted whatever happens.
if [ -z "${YIZHAN_INSTALL_CHECK:-}" ]; then
  exec env YIZHAN_INSTALL_CHECK=1 unshare --mount --propagation private "$0" "$packages" "$state" \
    ${world:+"$world"}
fi

inside() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 "$@"; }
apt() {
  inside DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends "$@" >>"$state/log" 2>&1
}

# A sentence, then what must hold.
must() {
  local sentence=$1
  shift
  if "$@" >>"$state/log" 2>&1; then return 0; fi
  printf 'does not hold: %s\n' "$sentence"
  failures=$((failures + 1))
}
not() { ! "$@"; }

prepare() {
  mkdir -p "$state"
  : >"$state/log"
  if [ ! -e "$base/etc/debian_version" ]; then
    rm -rf "$base"
    debootstrap --variant=minbase bookworm "$base" "$mirror" >>"$state/log"
  fi
  rm -rf "$root"
  cp -a --reflink=auto "$base" "$root"
  mount -t proc proc "$root/proc"
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod 755 "$root/usr/sbin/policy-rc.d"
  mkdir "$root/packages"
  cp "$packages"/*.deb "$root/packages"
  (cd "$root/packages" && dpkg-scanpackages . >Packages 2>>"$state/log")
  echo 'deb [trusted=yes] file:/packages ./' >"$root/etc/apt/sources.list.d/yizhan.list"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  apt update
}

# layer: what one installs, and the daemons that it brings
check_layer() {
  local layer=$1 daemon mode
  shift
  must "$layer is installed with what it depends on" apt install "$layer"
  for daemon in "$@"; do
    must "$daemon is enabled" inside systemctl is-enabled "yizhan-$daemon.service"
    must "$daemon has its account" inside getent passwd "yizhan-$daemon"
    mode=$(inside stat -c '%U %a' "/var/lib/yizhan-$daemon" 2>/dev/null || true)
    [ "$daemon" = scanner ] ||
      must "$daemon alone has its folder ($mode)" test "$mode" = "yizhan-$daemon 700"
    check_program "yizhan-$daemon"
    check_sample "$daemon"
  done
}

check_program() {
  must "$1 tells its version" inside "/usr/bin/$1" --version
  must "$1 is written about in section 8" test -e "$root/usr/share/man/man8/$1.8.gz"
  must "the keys of $1 are written about" test -e "$root/usr/share/man/man5/$1.toml.5.gz"
  check_unit "$1"
}

check_unit() {
  local unit=$root/usr/lib/systemd/system/$1.service
  must "systemd takes $1.service" inside systemd-analyze verify --man=no "$1.service"
  must "$1.service is exposed 2.0 at most" \
    systemd-analyze security --offline=true --threshold=20 "$unit"
}

check_sample() {
  local said status=0
  said=$(inside "/usr/bin/yizhan-$1" --config "/etc/yizhan/$1.toml" --check 2>&1) || status=$?
  must "the sample of $1 is refused as it comes ($status: $said)" test $status = 2
}

check_all() {
  must "yizhan tells its version" inside yizhan --version
  must "yizhan(1) is there" test -e "$root/usr/share/man/man1/yizhan.1.gz"
  must "the second verifier starts" inside yizhan-verify-export --help
  must "the firewall is not enabled" not inside systemctl is-enabled yizhan-firewall.service
  must "systemd takes yizhan-firewall.service" \
    inside systemd-analyze verify --man=no yizhan-firewall.service
  must "credentials are root's" test "$(inside stat -c '%U %a' /etc/yizhan/credentials)" = "root 700"
  must "every file is as it was packed" inside dpkg --verify yizhan yizhan-common \
    yizhan-exchange yizhan-terminal yizhan-management
  must "each package has its bill of materials" \
    test "$(find "$root/usr/share/doc" -path '*/yizhan*/sbom.cdx.json' | wc -l)" = 6
}

records() {
  local daemon
  for daemon in $daemons; do
    [ "$daemon" = scanner ] || printf '%s\n' "/var/lib/yizhan-$daemon/record"
  done
  printf '%s\n' /var/lib/yizhan-directory/record /etc/yizhan/trust/anchors/root.pem \
    /etc/yizhan/credentials/passphrase
}

check_leaving() {
  local record daemon all='yizhan yizhan-common yizhan-exchange yizhan-terminal yizhan-management'
  for record in $(records); do echo kept >"$root$record"; done
  echo '# mine' >>"$root/etc/yizhan/terminal.toml"
  # shellcheck disable=SC2086 # names of packages
  must "the same is installed once more" apt install --reinstall $all
  must "what the operator wrote is left by that" grep -q '^# mine' "$root/etc/yizhan/terminal.toml"
  # shellcheck disable=SC2086
  must "all is removed" apt remove $all
  must "what the operator wrote is left by removing" \
    grep -q '^# mine' "$root/etc/yizhan/terminal.toml"
  # shellcheck disable=SC2086
  must "all is purged" apt purge $all
  for daemon in $daemons; do
    must "the unit of $daemon is gone" not inside systemctl is-enabled "yizhan-$daemon.service"
    must "the sample of $daemon is gone" not test -e "$root/etc/yizhan/$daemon.toml"
    must "the account of $daemon stays: it owns records" inside getent passwd "yizhan-$daemon"
  done
  for record in $(records); do must "$record is left" grep -q kept "$root$record"; done
  must "the terminal is installed again" apt install yizhan-terminal
  must "the terminal is enabled again" inside systemctl is-enabled yizhan-terminal.service
}

# shellcheck source=packaging/start_check.sh
. "$(dirname "$0")/start_check.sh"

prepare
check_layer yizhan-terminal keyholder terminal
check_layer yizhan-exchange scanner exchange
check_layer yizhan-management management
must "the load tool is installed" apt install yizhan-load
check_all
[ -z "$world" ] || check_start
check_leaving
[ $failures = 0 ] || { echo "$failures do not hold; see $state/log"; exit 1; }
echo "installed, enabled, refused unfilled, removed and purged; the records are left"
