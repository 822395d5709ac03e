#!/usr/bin/env bash
# scripts/setup.sh against stand-ins: what it fetches, what it refuses, what it leaves alone.
#   setup_test.sh SOURCE_DIR
set -uo pipefail

setup="$1/scripts/setup.sh"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

expect() {  # expect DESCRIPTION COMMAND…
  local what=$1
  shift
  if "$@"; then
    echo "ok      $what"
  else
    echo "FAILED  $what"
    sed 's/^/        /' "$work/log"
    failures=$((failures + 1))
  fi
}
log_has() { grep -qF -- "$1" "$work/log"; }
code_is() { [ "$code" = "$1" ]; }
count_is() { [ "$(grep -cF -- "$1" "$work/log")" = "$2" ]; }
content_is() { [ "$(cat "$1" 2>/dev/null)" = "$2" ]; }
absent() { [ ! -e "$1" ]; }

# --- stand-ins: apt-get and pip copy from $work/served, apt-cache knows one version -------------------
mkdir -p "$work/bin" "$work/served"
cat >"$work/bin/apt-get" <<STUB
#!/bin/bash
case "\$*" in *update*) exit 0 ;; esac
name_version=\${!#}
echo "\$name_version" >>"$work/downloads"
[ ! -e "$work/offline" ] || exit 100
cp "$work/served/\${name_version%%=*}.deb" "\${name_version%%=*}_stub.deb"
STUB
cat >"$work/bin/apt-cache" <<STUB
#!/bin/bash
case \$1 in
  show) [ "\$2" = "words=\$(cat "$work/apt-version")" ] ;;
  policy) printf '%s:\n  Candidate: %s\n' "\$2" "\$(cat "$work/apt-version")" ;;
esac
STUB
cat >"$work/bin/python3" <<STUB
#!/bin/bash
case "\$*" in *--version) exit 0 ;; esac
echo "\${!#}" >>"$work/downloads"
while [ "\$1" != --dest ]; do shift; done
cp "$work/served/numbers.whl" "\$2/numbers-1.0-py3-none-any.whl"
STUB
chmod +x "$work"/bin/*
echo 1.0 >"$work/apt-version"

# A .deb with /usr/share/words, and a wheel (a zip) with numbers/{one,two}.
mkdir -p "$work/deb/DEBIAN" "$work/deb/usr/share" "$work/wheel/numbers"
printf 'Package: words\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody\nDescription: test\n' \
  >"$work/deb/DEBIAN/control"
echo hello >"$work/deb/usr/share/words"
dpkg-deb --root-owner-group -b "$work/deb" "$work/served/words.deb" >/dev/null
echo 1 >"$work/wheel/numbers/one"
echo 2 >"$work/wheel/numbers/two"
(cd "$work/wheel" && cmake -E tar cf "$work/served/numbers.whl" --format=zip numbers)

sha256() { sha256sum "$1" | cut -d' ' -f1; }
write_table() {  # write_table HASH_OF_DEB HASH_OF_WHEEL
  {
    printf '# a comment\n'
    printf 'packages/words\tdebian\twords\t1.0\t1000\t%s\t1\t*\t-\n' "$1"
    printf 'packages/numbers\tpypi\tnumbers\t1.0\t1000\t%s\t1\tnumbers/*\tnumbers/two\n' "$2"
  } >"$work/table.tsv"
}
good_deb=$(sha256 "$work/served/words.deb")
good_wheel=$(sha256 "$work/served/numbers.whl")

deps=$work/deps
run_setup() {
  : >"$work/downloads"
  env -u Torch_DIR -u CMAKE_PREFIX_PATH PATH="$work/bin:$PATH" TIMETRIAL_DEPS="$deps" "$@" \
    bash "$setup" --no-system --table "$work/table.tsv" >"$work/log" 2>&1
  code=$?
}

# --- the cases -------------------------------------------------------------------------------------
write_table "$good_deb" 0000
run_setup env
expect "a wrong hash ends with code 2" code_is 2
expect "it is tried three times" count_is "fetching numbers 1.0" 3
expect "the line names both hashes" log_has "SHA-256 is $good_wheel"
expect "the line names the expected hash" log_has "expected 0000"
expect "nothing of the refused file is left" absent "$deps/packages/numbers"
expect "what was whole before it is kept" content_is "$deps/packages/words/usr/share/words" hello

write_table "$good_deb" "$good_wheel"
run_setup env
expect "with the right hash it is ready" code_is 0
expect "patterns are taken" content_is "$deps/packages/numbers/numbers/one" 1
expect "left-out patterns are not" absent "$deps/packages/numbers/numbers/two"
expect "what was there is not fetched again" content_is "$work/downloads" "numbers==1.0"
expect "no downloads are left" absent "$deps/.downloads"

run_setup env
expect "a second run is ready" code_is 0
expect "a second run fetches nothing" content_is "$work/downloads" ""

# A new pin that cannot be fetched must not cost what is there.
touch "$work/offline"
write_table 1111 "$good_wheel"
run_setup env
expect "a failed download ends with code 2" code_is 2
expect "a failed download says so" log_has "words 1.0: given up after 3 attempts: the download failed"
expect "the old folder stays" content_is "$deps/packages/words/usr/share/words" hello
rm "$work/offline"

# A half download: the file is cut short.
write_table "$good_deb" "$good_wheel"
rm -rf "$deps"
cp "$work/served/words.deb" "$work/whole.deb"
head -c 200 "$work/whole.deb" >"$work/served/words.deb"
run_setup env
expect "a half download ends with code 2" code_is 2
expect "a half download names its size" log_has "(200 bytes)"
expect "a half download leaves no folder" absent "$deps/packages/words"
mv "$work/whole.deb" "$work/served/words.deb"

# Killed while unpacking: leftovers are cleared, the folder comes whole.
mkdir -p "$deps/.unpacking/packages_words/usr"
echo junk >"$deps/.unpacking/packages_words/usr/junk"
run_setup env
expect "after an interruption it is ready" code_is 0
expect "no leftovers get in" absent "$deps/packages/words/usr/junk"

# The archive serves another version.
rm -rf "$deps"
echo 2.0 >"$work/apt-version"
run_setup env
expect "a version that left the archive ends with code 2" code_is 2
expect "the line names both versions" log_has "pinned version 1.0 left the archive, which serves 2.0"
run_setup TIMETRIAL_ALLOW_OTHER_VERSIONS=1
expect "another version is taken when allowed" code_is 0
expect "the other version is recorded" grep -q "^debian words 2.0 $good_deb unpinned$" \
  "$deps/packages/words/.stamp"
run_setup TIMETRIAL_ALLOW_OTHER_VERSIONS=1
expect "and not fetched again" content_is "$work/downloads" ""
echo 1.0 >"$work/apt-version"
run_setup env
expect "without leave the pinned version replaces it" grep -q "^debian words 1.0 $good_deb$" \
  "$deps/packages/words/.stamp"

# A package whose versions move: the served one is taken without leave, once.
sed -i 's/\tdebian\t/\tdebian_moving\t/' "$work/table.tsv"
echo 2.0 >"$work/apt-version"
run_setup env
expect "a moving package follows the archive" code_is 0
expect "and says so" log_has "words: version 1.0 left the archive, taking 2.0 instead (recorded)"
expect "its version is recorded" grep -q "^debian_moving words 2.0 $good_deb unpinned$" \
  "$deps/packages/words/.stamp"
run_setup env
expect "and it is not fetched again" content_is "$work/downloads" ""
echo 1.0 >"$work/apt-version"

# An existing LibTorch.
printf 'libtorch\tpypi\tnumbers\t1.0\t1000\t%s\t1\tnumbers/*\t-\n' "$good_wheel" >"$work/table.tsv"
mkdir -p "$work/torch/lib" "$work/torch/include/ATen" "$work/torch/share/cmake/Torch"
touch "$work/torch/lib/libtorch_cpu.so" "$work/torch/include/ATen/ATen.h"
run_setup Torch_DIR="$work/torch/share/cmake/Torch"
expect "Torch_DIR is used" log_has "LibTorch: using $work/torch"
expect "then no LibTorch is fetched" absent "$deps/libtorch"
run_setup CMAKE_PREFIX_PATH="/nowhere:$work"
expect "CMAKE_PREFIX_PATH is used" log_has "LibTorch: using $work/torch"
run_setup Torch_DIR="$work/nothing"
expect "a wrong Torch_DIR ends with code 2" code_is 2
expect "a wrong Torch_DIR is named" log_has "Torch_DIR=$work/nothing: no LibTorch there"

bash "$setup" --nonsense >"$work/log" 2>&1
code=$?
expect "an unknown option ends with code 2" code_is 2
expect "an unknown option is named" log_has "unknown option '--nonsense'"

echo "$failures failed"
[ "$failures" = 0 ]
