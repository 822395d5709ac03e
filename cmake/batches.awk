# Packs the C++ sources named as arguments into batches that can each be compiled as one file, and prints
# "<batch> <file>" for each: within a batch no two of them give the same name to something of their own
# (at the left margin of an unnamed namespace) in the same namespace. First fit, in the order given, so that neighbours stay
# together. -v most=N: files of a batch at most; -v lines=N: lines of a batch, beyond which none is added.
function own(name) {
  if (name != "") names[file] = names[file] " " space "::" name
}
function take_names(line, rest) {
  sub(/^\[\[[a-z_]+\]\] */, "", line)
  if (match(line, /^(struct|class|enum class|enum|union) +[A-Za-z_0-9]+/)) {
    rest = substr(line, 1, RLENGTH)
    sub(/.* /, "", rest)
    own(rest)
    return
  }
  if (match(line, /^using +[A-Za-z_0-9]+ +=/)) {
    rest = substr(line, 7, RLENGTH)
    sub(/^ */, "", rest)
    sub(/ .*/, "", rest)
    own(rest)
    return
  }
  # Every constant of a line, which may declare several, and the first function.
  rest = line
  while (match(rest, /(^|[^A-Za-z_0-9])k[A-Z][A-Za-z_0-9]* *[=({\[]/)) {
    word = substr(rest, RSTART, RLENGTH)
    gsub(/[^A-Za-z_0-9]/, "", word)
    own(word)
    rest = substr(rest, RSTART + RLENGTH)
  }
  if (match(line, /[A-Za-z_][A-Za-z_0-9]* *[=({;\[]/)) {
    word = substr(line, RSTART, RLENGTH)
    gsub(/[^A-Za-z_0-9]/, "", word)
    own(word)
  }
}
FNR == 1 {
  file = FILENAME
  order[++files] = file
  unnamed = 0
  space = ""
}
{ length_of[file]++ }
/^namespace [A-Za-z_0-9:]+ \{/ { space = space "::" $2 }
/^\}  \/\/ namespace [A-Za-z_0-9:]+$/ { space = substr(space, 1, length(space) - length($4) - 2) }
/^namespace \{/ { unnamed = 1; next }
/^\}  \/\/ namespace$/ { unnamed = 0; next }
unnamed && /^[A-Za-z_[]/ && !/^(TEST|TEST_F|TEST_P|INSTANTIATE_TEST_SUITE_P|MATCHER|namespace|using namespace)/ { take_names($0) }
END {
  batches = 0
  for (i = 1; i <= files; i++) {
    file = order[i]
    count = split(names[file], mine, " ")
    for (b = 1; b <= batches; b++) {
      fits = size[b] < most && total[b] < lines
      for (n = 1; fits && n <= count; n++) fits = !((b, mine[n]) in taken)
      if (fits) break
    }
    if (b > batches) batches = b
    size[b]++
    total[b] += length_of[file]
    for (n = 1; n <= count; n++) taken[b, mine[n]] = 1
    print b, file
  }
}
