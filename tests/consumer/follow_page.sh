#!/usr/bin/env bash
# Does what a page says, in the current folder: runs its shell blocks as they stand, and writes each other block
# into the file that its first line names.
#   follow_page.sh PAGE
set -eu
kind=""
while IFS= read -r line; do
  if [ -z "$kind" ]; then
    case $line in
      '```'?*)
        target=""
        read -r kind target <<<"${line#'```'}"
        text=""
        ;;
    esac
  elif [ "$line" != '```' ]; then
    text+=$line$'\n'
  else
    if [ "$kind" = sh ]; then
      printf '%s' "$text" >block.sh
      bash -eu block.sh </dev/null
    elif [ -n "$target" ]; then
      printf '%s' "$text" >"$target"
    fi
    kind=""
  fi
done <"$1"
