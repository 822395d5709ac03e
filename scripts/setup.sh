#!/usr/bin/env bash
# Makes a fresh Debian 12 machine ready to build Timetrial. Idempotent; a second run takes well under a
# second.
#
# Installs  the Debian packages of scripts/debian-packages.txt that are missing (as root or with sudo);
#           those marked "tests:" only with --tests
# Fetches   LibTorch and the data packages pinned in scripts/packages.tsv into .deps, checked by SHA-256
# Exit      0 ready; 2 something is missing or does not match, said in one line; nothing half done stays
set -euo pipefail

source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
table="$source_dir/scripts/packages.tsv"
system_list="$source_dir/scripts/debian-packages.txt"
system=yes
tests=no

usage() {
  cat <<'USAGE'
Usage: scripts/setup.sh [--tests] [--no-system] [--table FILE]
  --tests       also what only tests run: a browser, a compiler with libFuzzer
  --no-system   install no Debian packages, only fetch
  --table FILE  fetch what this table lists (default: scripts/packages.tsv)
Environment:
  TIMETRIAL_DEPS                    where to fetch to (default: .deps in the source folder)
  Torch_DIR, CMAKE_PREFIX_PATH      an existing LibTorch 2.11.0: then none is fetched
  TIMETRIAL_ALLOW_OTHER_VERSIONS=1  take a Debian data package of another version than the pinned one
USAGE
}

say() { printf 'setup: %s\n' "$*" >&2; }
fail() {
  say "$*"
  exit 2
}

# Runs a command as root, or says which one to run.
as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    fail "root is needed; run as root: $*"
  fi
}

apt_index_is_fresh=""
refresh_index() {
  [ -z "$apt_index_is_fresh" ] || return 0
  apt_index_is_fresh=yes
  say "reading the package index (apt-get update)"
  as_root apt-get -qq -o DPkg::Lock::Timeout=300 update >&2 ||
    say "apt-get update failed; going on with the old index"
}

missing_system_packages() {
  local -a names
  mapfile -t names < <(awk -v tests=$tests '!/^#/ && NF && (tests == "yes" || $2 != "tests:") { print $1 }' \
    "$system_list")
  comm -23 <(printf '%s\n' "${names[@]}" | sort) \
    <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${names[@]}" 2>/dev/null |
      awk '$1 == "installed" { print $2 }' | sort)
}

install_system_packages() {
  local -a missing
  mapfile -t missing < <(missing_system_packages)
  if [ ${#missing[@]} = 0 ]; then
    return 0
  fi
  say "installing from Debian: ${missing[*]}"
  refresh_index
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=300 install -y \
    --no-install-recommends "${missing[@]}" >&2 ||
    fail "apt-get could not install: ${missing[*]}; its reason is above"
}

# The torch folder of an existing LibTorch, as cmake/TimetrialLibTorch.cmake would find it.
given_libtorch() {
  local -a candidates=() prefixes=()
  local candidate
  if [ -n "${Torch_DIR:-}" ]; then
    candidates+=("$Torch_DIR/../../..")
  fi
  IFS=':;' read -r -a prefixes <<<"${CMAKE_PREFIX_PATH:-}"
  for candidate in "${prefixes[@]}"; do
    candidates+=("$candidate" "$candidate/torch")
  done
  for candidate in "${candidates[@]}"; do
    if [ -e "$candidate/lib/libtorch_cpu.so" ] && [ -e "$candidate/include/ATen/ATen.h" ]; then
      (cd "$candidate" && pwd)
      return 0
    fi
  done
  [ -z "${Torch_DIR:-}" ] ||
    fail "Torch_DIR=$Torch_DIR: no LibTorch there; it is the folder of TorchConfig.cmake," \
      "<torch>/share/cmake/Torch"
}

# Folders of the table that are still to be fetched, one a line.
folders_to_fetch() {
  local folder given
  given=$(given_libtorch) || exit 2
  while read -r folder; do
    if [ "$folder" = libtorch ] && [ -n "$given" ]; then
      say "LibTorch: using $given"
    elif ! is_complete "$folder"; then
      echo "$folder"
    fi
  done < <(table_folders)
}

# Room for the downloads and what they unpack to; a full disk is found before, not half way.
check_disk() {
  local needed_mb free_mb
  needed_mb=$(for folder in "$@"; do table_lines "$folder"; done |
    awk -F'\t' '{ mb += $5 / 1e6 + $7 } END { printf "%d", mb + 1 }')
  free_mb=$(df --output=avail -BM "$deps" | tail -n 1 | tr -dc 0-9)
  say "to fetch into $deps: $* ($needed_mb MB of disk at most, $free_mb MB free)"
  [ "$free_mb" -gt "$needed_mb" ] ||
    fail "$deps: $needed_mb MB are needed, $free_mb MB are free; make room or set TIMETRIAL_DEPS"
}

fetch_all() {
  local -a folders
  local list folder
  mkdir -p "$deps" || fail "$deps: cannot be made; set TIMETRIAL_DEPS to a folder you may write"
  exec 9>"$deps/.lock"
  if ! flock -n 9; then
    say "waiting for another setup.sh that holds $deps/.lock"
    flock 9
  fi
  list=$(folders_to_fetch) || exit 2
  mapfile -t folders < <(printf '%s' "$list")
  if [ ${#folders[@]} = 0 ]; then
    return 0
  fi
  check_disk "${folders[@]}"
  for folder in "${folders[@]}"; do
    fetch_folder "$folder"
  done
  rm -rf "$deps/.unpacking"
}

while [ $# -gt 0 ]; do
  case $1 in
    --no-system) system=no ;;
    --tests) tests=yes ;;
    --table)
      [ $# -ge 2 ] || fail "--table needs a file"
      table=$2
      shift
      ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) fail "unknown option '$1'; see scripts/setup.sh --help" ;;
  esac
  shift
done
[ -r "$table" ] || fail "$table: cannot be read"
deps=$(realpath -m "${TIMETRIAL_DEPS:-$source_dir/.deps}")
# shellcheck source=scripts/fetch.sh
source "$source_dir/scripts/fetch.sh"

[ "$system" = no ] || install_system_packages
fetch_all
say "ready: $deps"
