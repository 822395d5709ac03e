#include "harness/submission_file/record.h"
#include "harness/trial/error.h"
#include "tests/fuzz/file_readers.h"
#include "tests/fuzz/promise.h"

namespace timetrial::fuzz {

void read_library(std::string_view bytes) {
  const FileInMemory file(bytes);
  try {
    const auto record = submission_file::read_record(file.path());
    require(!record.sdk.empty(), "a record names its SDK");
    submission_file::check_compatible(record);
    require(!record.name.empty(), "what fits has a name");
  } catch (const InputError& error) {
    require_one_line(error);
  }
}

}  // namespace timetrial::fuzz
