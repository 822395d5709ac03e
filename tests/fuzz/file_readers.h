#pragma once
// The harness's own readers as functions of bytes, as readers.h has those of AlgoPerf's logs: what
// the fuzzers call, and the tests of their corpus. Each ends the process when a promise is broken;
// an error of the kind that the reader promises is an answer like any other.

#include <string_view>

namespace timetrial::fuzz {

void read_message(std::string_view bytes);      ///< harness/protocol
void read_safetensors(std::string_view bytes);  ///< harness/tensorfile
void read_library(std::string_view bytes);      ///< harness/submission_file
void read_rules(std::string_view bytes);        ///< harness/rulesets, on harness/tomlfile
void read_space(std::string_view bytes);        ///< harness/tuning, on harness/jsonfile
void read_manifest(std::string_view bytes);     ///< harness/manifest

}  // namespace timetrial::fuzz
