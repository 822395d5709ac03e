#include "harness/trial/error.h"
#include "harness/tuning/search_space.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/promise.h"

namespace timetrial::fuzz {

void read_space(std::string_view bytes) {
  try {
    const auto space = tuning::parse(std::string(bytes), "f.json");
    for (const auto& point : tuning::draw(space, "adamw", 0, 1)) tuning::check(point, space);
  } catch (const InputError&) {
    // An answer: names in it are the file's, line breaks included.
  }
}

}  // namespace timetrial::fuzz
