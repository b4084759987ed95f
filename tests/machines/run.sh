#!/usr/bin/env bash
# Runs make targets on a machine that is nobody's: a debootstrapped Debian with git, make and python3 only, an empty
# cache, and a checkout of HEAD below a path with a blank in it.
#
#   tests/machines/run.sh SUITE WHO TARGET…     for example: tests/machines/run.sh trixie root demo test
#
# SUITE: bookworm (Debian 12), trixie (Debian 13). WHO: root, or user (one with sudo). Needs root and debootstrap here.
# The mirror is this machine's, or EVENPULSE_DEBIAN_MIRROR. pip's settings are those of the environment (PIP_*, *_proxy).
# MACHINES: the folder for all of it (2 GB a machine). KEEP=1 leaves the machine there to look at.
set -euo pipefail

[ $# -ge 3 ] || { sed -n '2,/^set/s/^# \{0,1\}//p' "$0" | sed '/^set/d' >&2; exit 2; }
suite=$1 who=$2
shift 2
checkout=$(cd "$(dirname "$0")/../.." && pwd)
folder=${MACHINES:-${EVENPULSE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/evenpulse}/machines}
base=$folder/$suite
place="/srv/a path with a blank/evenpulse"

fail() { echo "machines: $*" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "a chroot and its mounts need root; run again with sudo"
command -v debootstrap > /dev/null || fail "debootstrap is missing: apt-get install debootstrap"
[[ $who =~ ^(root|user)$ ]] || fail "WHO is root or user, not $who"

# Mounts live in a namespace of their own and end with it, whatever happens.
if [ -z "${EVENPULSE_IN_NAMESPACE:-}" ]; then
    EVENPULSE_IN_NAMESPACE=1 exec unshare --mount --pid --fork --kill-child "$0" "$suite" "$who" "$@"
fi

mirror=$(PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$checkout/host_tools python3 -c 'from toolchain.debian import mirror; print(mirror())')
mkdir -p "$folder"
if [ ! -d "$base" ]; then
    echo "machines: debootstrap $suite" >&2
    rm -rf "$base.new"
    debootstrap --variant=minbase --include=git,make,python3,sudo,ca-certificates "$suite" "$base.new" "$mirror" > "$folder/$suite.log" ||
        fail "debootstrap failed: $folder/$suite.log"
    # dpkg need not wait for the disk: what is here is thrown away.
    echo force-unsafe-io > "$base.new/etc/dpkg/dpkg.cfg.d/unsafe-io"
    chmod 755 "$base.new"
    mv "$base.new" "$base"
fi

machine=$(mktemp -d "$folder/$suite-$who-XXXX")
leave() {
    for folder in dev proc sys; do
        if mountpoint -q "$machine/$folder"; then
            umount --recursive --lazy "$machine/$folder"
        fi
    done
    [ -n "${KEEP:-}" ] || rm -rf --one-file-system "$machine"
}
trap leave EXIT
cp -a "$base/." "$machine"
cp /etc/resolv.conf "$machine/etc/resolv.conf"
echo "127.0.0.1 localhost $(hostname)" > "$machine/etc/hosts"
# A network that vouches for itself hands in its certificates at the path that the settings name.
for file in "${PIP_CERT:-}" "${SSL_CERT_FILE:-}"; do
    if [ -f "$file" ]; then
        install -D -m 644 "$file" "$machine$file"
    fi
done
git clone -q --no-local "$checkout" "$machine$place"
user=root
if [ "$who" = user ]; then
    user=tester
    chroot "$machine" useradd --create-home --shell /bin/bash tester
    echo 'tester ALL=(ALL) NOPASSWD: ALL' > "$machine/etc/sudoers.d/tester"
    chroot "$machine" chown -R tester "$place"
fi
mount --rbind /dev "$machine/dev"
mount -t proc proc "$machine/proc"
mount -t sysfs sysfs "$machine/sys"

settings=(PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TERM="${TERM:-dumb}")
while IFS= read -r setting; do
    settings+=("$setting")
done < <(env | grep -E '^(PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|CERT|PROXY|DEFAULT_TIMEOUT)|SSL_CERT_FILE|EVENPULSE_DEBIAN_MIRROR|(http|https|no)_proxy)=' || true)
result=0
for target in "$@"; do
    begun=$SECONDS
    status=0
    chroot "$machine" setpriv --reuid "$user" --regid "$user" --init-groups --reset-env \
        env "${settings[@]}" make -C "$place" "$target" || status=$?
    echo "machines: $suite, as $who: make $target ended with $status after $((SECONDS - begun)) s" >&2
    [ "$status" = 0 ] || { result=1; break; }
done
exit "$result"
