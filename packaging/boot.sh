#!/usr/bin/env bash
# Starts the systemd of a root in namespaces of its own, until it is killed. As root; the host's own
# systemd, if there is one, is not asked.
#   packaging/boot.sh ROOT
set -euo pipefail
root=$(realpath "$1")
group=yizhan-boot

# Where this kernel keeps its groups of processes: one tree, or one a controller beside it.
hierarchies() {
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then echo .; return; fi
  local name
  for name in systemd unified memory pids devices; do
    [ ! -d "/sys/fs/cgroup/$name" ] || echo "$name"
  done
}

mount_groups() {
  local to=$root/sys/fs/cgroup name
  if [ "$(hierarchies)" = . ]; then mount -t cgroup2 cgroup2 "$to"; return; fi
  mount -t tmpfs -o mode=755 tmpfs "$to"
  for name in $(hierarchies); do
    mkdir "$to/$name"
    case $name in
      systemd) mount -t cgroup -o none,name=systemd cgroup "$to/$name" ;;
      unified) mount -t cgroup2 cgroup2 "$to/$name" ;;
      *) mount -t cgroup -o "$name" cgroup "$to/$name" ;;
    esac
  done
}

mount_devices() {
  local name
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  for name in null zero full random urandom tty; do
    touch "$root/dev/$name"
    mount --bind "/dev/$name" "$root/dev/$name"
  done
  mkdir "$root/dev/pts" "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  mount -t tmpfs tmpfs "$root/dev/shm"
}

# As the first process of its namespaces.
boot() {
  mount --make-rprivate /
  mount --bind "$root" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs -o ro sysfs "$root/sys"
  mount_groups
  mount_devices
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs tmpfs "$root/tmp"
  # Credentials of a service are handed in through a mount that has to spread.
  mount --make-rshared "$root"
  cd "$root"
  exec env -i container=other PATH=/usr/sbin:/usr/bin chroot "$root" /lib/systemd/systemd \
    --unit=multi-user.target
}

if [ "${YIZHAN_BOOT:-}" = first ]; then boot; fi
for name in $(hierarchies); do
  mkdir -p "/sys/fs/cgroup/$name/$group"
  echo $$ >"/sys/fs/cgroup/$name/$group/cgroup.procs"
done
YIZHAN_BOOT=first exec unshare --mount --pid --uts --ipc --net --cgroup --fork --kill-child \
  "$0" "$root"
