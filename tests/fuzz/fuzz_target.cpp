// A libFuzzer target: TIMETRIAL_FUZZED names the function, of readers.h, file_readers.h or
// data_readers.h.
#include "tests/fuzz/data_readers.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/readers.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  TIMETRIAL_FUZZED({reinterpret_cast<const char*>(data), size});
  return 0;
}
