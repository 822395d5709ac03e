#pragma once
// The readers of logs as functions of bytes: what the fuzzers call, and the tests of their corpus.
// Each ends the process by an assertion of its own when a promise is broken; InputError is an
// answer like any other.

#include <string_view>

namespace timetrial::algoperf::fuzz {

void read_csv(std::string_view bytes);
void read_json(std::string_view bytes);
void read_archive(std::string_view bytes);

}  // namespace timetrial::algoperf::fuzz
