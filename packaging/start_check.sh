# shellcheck shell=bash disable=SC2154
# Part of install_check.sh: fills in all layers on one host, with the keys and the directory of a
# world that yizhan-lab (tests/world) has made, starts the real units under a real systemd, and sends
# a letter. Uses must, not, and root, state, world of install_check.sh.

booted() {
  local first
  first=$(pgrep -P "$boot" | head -n 1)
  nsenter --target "$first" --mount --uts --ipc --net --pid --cgroup --root --wd \
    env -i PATH=/usr/sbin:/usr/bin LC_ALL=C.UTF-8 YIZHAN_TERMINAL=/run/yizhan-terminal/terminal.sock \
    "$@"
}

# Up to a minute until it holds.
soon() {
  local turn
  for turn in $(seq 120); do
    "$@" && return 0
    sleep 0.5
  done
  echo "not within $turn turns: $*"
  return 1
}

# sample NAME: what is in force of it as it comes.
sample() { grep -v '^#' "$root/etc/yizhan/$1.toml"; }

caller() {
  printf '[[caller]]\nname = "%s"\nsocket = "/run/yizhan-keyholder/%s.sock"\n' "$1" "$1"
  printf 'users = ["yizhan-%s"]\nkeys = [%s]\n' "$1" "$2"
}

# One keyholder for both: the terminal's TLS key has a name of its own.
fill_in() {
  local etc=$root/etc/yizhan port listener exchange scanner terminal management keyholder
  port=$(sed -n '/terminals/,/port/s/^port = //p' "$world/centre/exchange.toml")
  exchange=$(sample exchange) scanner=$(sample scanner) terminal=$(sample terminal)
  management=$(sample management) keyholder=$(sample keyholder)
  listener=$(printf '[terminals]\naddress = "127.0.0.1"\nport = %s' "$port")
  { echo 'centre = "CENTRE-1"'; echo "${exchange/\[terminals\]/"$listener"}"; } >"$etc/exchange.toml"
  listener=$(printf '[centres]\naddress = "127.0.0.1"')
  echo "${management/\[centres\]/"$listener"}" >"$etc/management.toml"
  # The world's own few signatures carry no date.
  { echo 'centre = "CENTRE-1"'; echo 'signatures_age = "0s"'; echo "$scanner"; } >"$etc/scanner.toml"
  { echo 'agency = "T01000000A"'; echo 'terminal = "first"'; echo 'person = "王小明"'
    echo 'signature_age = "0s"'; echo "$terminal"; printf '[keys]\ntls = "terminal-tls"\n'
  } >"$etc/terminal.toml"
  { echo "$keyholder"; printf '[[module]]\nkind = "software"\nlabel = "one"\nserial = "ONE"\n'
    echo 'keys = "/var/lib/yizhan-keyholder/keys"'
    echo 'passphrase = "/run/credentials/yizhan-keyholder.service/passphrase"'
    caller terminal '"terminal-tls:sign:tls", "sign:sign:document", "sign:sign:evidence",
      "encrypt:decrypt"'
    caller exchange '"tls:sign:tls", "evidence:sign:evidence", "log:sign:log"'
    caller scanner '"scanner:decrypt", "scanner:sign:verdict"'
    caller management '"tls:sign:tls", "online:sign:directory"'
  } >"$etc/keyholder.toml"
}

bring_keys() {
  local var=$root/var/lib name
  cp -r "$world"/trust/. "$root/etc/yizhan/trust/"
  cp "$world/trust/directory-anchors.pem" "$root/etc/yizhan/"
  cp "$world"/centre/keys/* "$var/yizhan-keyholder/keys/"
  cp "$world"/a/keys/{sign,encrypt}.* "$var/yizhan-keyholder/keys/"
  for name in key crt; do
    cp "$world/a/keys/tls.$name" "$var/yizhan-keyholder/keys/terminal-tls.$name"
    cp "$world/centre/keys/evidence.$name" "$var/yizhan-keyholder/keys/online.$name"
  done
  cp "$world/directory.p7m" "$var/yizhan-directory/"
  cp "$world/directory.p7m" "$var/yizhan-terminal/"
  cp "$world/directory.p7m" "$var/yizhan-management/"
  cp "$world"/clamd/signatures/* "$var/clamav/"
  inside chown -R yizhan-keyholder: /var/lib/yizhan-keyholder
  inside chown -R yizhan-exchange: /var/lib/yizhan-directory
  inside chown -R yizhan-terminal: /var/lib/yizhan-terminal
  inside chown -R yizhan-management: /var/lib/yizhan-management
  # The engine does not start without the signatures of its makers.
  for name in service socket; do
    mkdir -p "$root/etc/systemd/system/clamav-daemon.$name.d"
    printf '[Unit]\nConditionPathExistsGlob=\n' \
      >"$root/etc/systemd/system/clamav-daemon.$name.d/check.conf"
  done
}

# Units of the names given that have ended, or end again and again.
ended_units() {
  booted systemctl list-units --state=failed,auto-restart --plain --no-legend \
    "${@/#/yizhan-}"
}

send_letter() {
  local letter=$root/root/letter.di
  sed -e 's/@BASE@/letter/g; s/@SERIAL@/0001009/g; s/@YEAR@/115/g' \
    -e 's/@DATE@/中華民國115年11月30日/g' tests/world/documents/letter.di >"$letter"
  sed -e 's/@BASE@/letter/g; s/@SERIAL@/0001009/g; s/@YEAR@/115/g' \
    tests/world/documents/letter.sw >"${letter%.di}.sw"
  cp tests/world/documents/plan.odt "${letter%.di}-ATTCH1.odt"
  cp tests/world/documents/notes.pdf "${letter%.di}-ATTCH2.pdf"
  booted yizhan --json send /root/letter.di >"$state/sent"
}

# In a recipient's inbox: sealed, screened and routed, by four confined programs.
arrived() {
  local id
  id=$(python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])' <"$state/sent")
  booted yizhan --json status "$id" | grep -q '"state":"consigned"'
}

# What runs is started anew by an upgrade, and goes on.
check_upgrade() {
  local before after
  rm "$root/usr/sbin/policy-rc.d"
  before=$(booted systemctl show -p MainPID --value yizhan-terminal)
  must "the packages are installed over what runs" booted DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y install --reinstall yizhan-common yizhan-exchange yizhan-terminal
  after=$(booted systemctl show -p MainPID --value yizhan-terminal)
  must "the terminal is started anew by it ($before, $after)" test "$before" != "$after"
  must "the terminal finds nothing wrong after it" soon booted yizhan doctor
}

# They can be removed when the last process has ended.
groups_are_gone() {
  find /sys/fs/cgroup -depth -type d -path '*/yizhan-boot*' -exec rmdir {} + 2>>"$state/log" || true
  [ -z "$(find /sys/fs/cgroup -type d -name yizhan-boot)" ]
}

check_start() {
  local unit ended units='keyholder scanner exchange terminal management'
  umount "$root/proc"
  packaging/boot.sh "$root" >>"$state/log" 2>&1 &
  boot=$!
  soon booted true >>"$state/log" 2>&1
  soon booted systemctl is-active multi-user.target >>"$state/log" 2>&1
  for unit in $units; do
    must "$unit is not tried again as it comes" booted systemctl is-failed "yizhan-$unit.service"
  done
  booted sh -c 'systemd-creds encrypt --name=passphrase - /etc/yizhan/credentials/passphrase' \
    <"$world/passphrase" >>"$state/log" 2>&1
  fill_in
  bring_keys
  booted systemctl daemon-reload
  booted systemctl restart clamav-daemon.service yizhan-keyholder >>"$state/log" 2>&1
  booted systemctl restart yizhan-scanner yizhan-exchange yizhan-terminal yizhan-management \
    >>"$state/log" 2>&1 || true
  for unit in $units; do
    must "$unit runs" booted systemctl is-active "yizhan-$unit.service"
  done
  must "the terminal finds nothing wrong" soon booted yizhan doctor
  must "a letter is sent" send_letter
  must "a letter arrives" soon arrived
  check_upgrade
  # shellcheck disable=SC2086 # names
  ended=$(ended_units $units)
  must "no unit has ended ($ended)" test -z "$ended"
  booted journalctl --no-pager -u 'yizhan-*' >>"$state/log" 2>&1
  kill -KILL "$boot"  # and with it, all below
  wait "$boot" 2>>"$state/log" || true
  must "nothing of it is left running" soon groups_are_gone
  mount -t proc proc "$root/proc"
}
