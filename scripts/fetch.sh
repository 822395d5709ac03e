# Fetching what scripts/packages.tsv pins; sourced by setup.sh.
#
# Promise: a folder below the dependency folder either is complete (it has a .stamp) or is not there.
# Files are downloaded to $deps/.downloads, checked, unpacked into $deps/.unpacking, then renamed.
# Needs   $deps (absolute), $table, say(), fail(), as_root() of setup.sh.
# shellcheck shell=bash disable=SC2154

readonly attempts=3

# The lines of the table for one folder, or the folders themselves.
table_lines() { grep -v '^#' "$table" | awk -F'\t' -v folder="$1" '$1 == folder'; }
table_folders() { grep -v '^#' "$table" | awk -F'\t' 'NF && !seen[$1]++ { print $1 }'; }

# What a complete folder's .stamp says: kind, name, version, hash of each line.
wanted_stamp() { table_lines "$1" | awk -F'\t' '{ print $2, $3, $4, $6 }'; }

# Up to date: the stamp is the wanted one, but for lines of a version that was allowed to differ.
is_complete() {
  local stamp="$deps/$1/.stamp"
  [ -f "$stamp" ] || return 1
  diff -q <(wanted_stamp "$1" | awk '{ print $1, $2 }') <(awk '{ print $1, $2 }' "$stamp") \
    >/dev/null || return 1
  diff -q <(wanted_stamp "$1") <(grep -v ' unpinned$' "$stamp") >/dev/null ||
    { grep -q ' unpinned$' "$stamp" &&
      { [ "${TIMETRIAL_ALLOW_OTHER_VERSIONS:-}" = 1 ] || grep -q '^debian_moving ' "$stamp"; }; }
}

# A Python that has pip; Debian's own when the first one on PATH has none.
python_with_pip() {
  local candidate
  for candidate in python3 /usr/bin/python3; do
    if "$candidate" -m pip --version >/dev/null 2>&1; then
      echo "$candidate"
      return 0
    fi
  done
  return 1
}

# download_pypi NAME VERSION INTO
download_pypi() {
  local python
  python=$(python_with_pip) || fail "no Python with pip was found; install python3-pip"
  "$python" -m pip download --quiet --no-cache-dir --no-deps --only-binary :all: \
    --disable-pip-version-check --dest "$3" --python-version 3.11 --implementation cp --abi cp311 \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 "$1==$2"
}

# download_debian NAME VERSION INTO. Root's apt would drop to user _apt, who may not write there.
download_debian() {
  (cd "$3" && apt-get -qq -o APT::Sandbox::User=root download "$1=$2")
}
download_debian_moving() { download_debian "$@"; }

# debian_version KIND NAME PINNED: the version to take, the pinned one or another that
# TIMETRIAL_ALLOW_OTHER_VERSIONS or kind debian_moving allows. Fails with one line that names both.
debian_version() {
  local kind=$1 name=$2 pinned=$3 served
  apt-cache show "$name=$pinned" >/dev/null 2>&1 || refresh_index
  if apt-cache show "$name=$pinned" >/dev/null 2>&1; then
    echo "$pinned"
    return 0
  fi
  served=$(apt-cache policy "$name" 2>/dev/null | awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }')
  [ -n "$served" ] ||
    fail "$name: not in the package index; check /etc/apt/sources.list and the network, then run again"
  if [ "${TIMETRIAL_ALLOW_OTHER_VERSIONS:-}" = 1 ] || [ "$kind" = debian_moving ]; then
    say "$name: version $pinned left the archive, taking $served instead (recorded)"
    echo "$served"
    return 0
  fi
  fail "$name: pinned version $pinned left the archive, which serves $served;" \
    "set TIMETRIAL_ALLOW_OTHER_VERSIONS=1 to take that one (results are then of other data)"
}

# fetch_file KIND NAME VERSION BYTES SHA256: prints the checked file's path; SHA256 - is any.
# Retries on a failed or half download and on a wrong hash, then fails with one line.
fetch_file() {
  local kind=$1 name=$2 version=$3 bytes=$4 sha256=$5
  local kept="$deps/.downloads/$name-${version//[^A-Za-z0-9.+~-]/_}.$kind"
  local partial="$kept.partial" attempt file got reason=""
  if [ -f "$kept" ]; then  # checked when it was put there, and once more in case the disk lied
    got=$(sha256sum "$kept" | cut -d' ' -f1)
    if [ "$got" = "$sha256" ]; then echo "$kept"; return 0; fi
    rm -f "$kept"
  fi
  for attempt in $(seq "$attempts"); do
    rm -rf "$partial"
    mkdir -p "$partial"
    say "fetching $name $version ($((bytes / 1000000)) MB)${reason:+, attempt $attempt of $attempts}"
    if ! "download_$kind" "$name" "$version" "$partial" >&2; then
      reason="the download failed"
    else
      file=$(find "$partial" -type f | head -n 1)
      if [ -z "$file" ]; then
        reason="nothing was downloaded"
      else
        got=$(sha256sum "$file" | cut -d' ' -f1)
        if [ "$got" = "$sha256" ] || [ "$sha256" = - ]; then
          mv "$file" "$kept"
          rm -rf "$partial"
          echo "$kept"
          return 0
        fi
        reason="SHA-256 is $got ($(stat -c %s "$file") bytes), expected $sha256 ($bytes bytes)"
      fi
    fi
    say "$name $version: $reason"
  done
  rm -rf "$partial"
  fail "$name $version: given up after $attempts attempts: $reason; nothing was changed, run again later"
}

# unpack_pypi FILE INTO TAKE LEAVE: patterns are unzip's, parted by spaces.
unpack_pypi() {
  local -a take leave=()
  IFS=' ' read -r -a take <<<"$3"
  if [ "$4" != - ]; then
    IFS=' ' read -r -a leave <<<"$4"
    leave=(-x "${leave[@]}")
  fi
  unzip -q -o "$1" "${take[@]}" "${leave[@]}" -d "$2"
}

unpack_debian() { dpkg-deb -x "$1" "$2"; }
unpack_debian_moving() { unpack_debian "$@"; }

# fetch_folder FOLDER: brings one folder up to date, all of its files or none.
fetch_folder() {
  local folder=$1 kind name version bytes sha256 take leave served file got
  local unpacking="$deps/.unpacking/${folder//\//_}"
  rm -rf "$unpacking"
  mkdir -p "$unpacking" "$deps/.downloads" "$(dirname "$deps/$folder")"
  while IFS=$'\t' read -r _ kind name version bytes sha256 _ take leave; do
    served=$version got=$sha256
    if [[ $kind == debian* ]]; then
      served=$(debian_version "$kind" "$name" "$version") || exit 2
      [ "$served" = "$version" ] || sha256=-
    fi
    file=$(fetch_file "$kind" "$name" "$served" "$bytes" "$sha256") || exit 2
    "unpack_$kind" "$file" "$unpacking" "$take" "$leave" ||
      fail "$name $served: cannot be unpacked; is the disk full? nothing was changed"
    if [ "$served" = "$version" ]; then
      echo "$kind $name $version $got"
    else
      echo "$kind $name $served $(sha256sum "$file" | cut -d' ' -f1) unpinned"
    fi >>"$unpacking/.stamp"
  done < <(table_lines "$folder")
  rm -rf "$unpacking.old"
  [ ! -e "$deps/$folder" ] || mv "$deps/$folder" "$unpacking.old"
  mv "$unpacking" "$deps/$folder"
  rm -rf "$unpacking.old" "$deps/.downloads"
  say "unpacked ${deps}/$folder"
}
