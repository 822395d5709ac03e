#include "harness/version/version.h"

#include "commit.h"  // generated: TIMETRIAL_COMMIT

#include <sqlite3.h>
#include <timetrial/export_record.h>
#include <timetrial/version.h>

namespace timetrial::version {

std::map<std::string, std::string> versions() {
  const auto number = [](int value) { return std::to_string(value); };
  return {{"timetrial", TIMETRIAL_VERSION},
          {"sdk", number(TIMETRIAL_SDK_VERSION_MAJOR) + "." + number(TIMETRIAL_SDK_VERSION_MINOR) +
                      "." + number(TIMETRIAL_SDK_VERSION_PATCH)},
          {"commit", TIMETRIAL_COMMIT},
          {"libtorch", TIMETRIAL_BUILT_WITH_LIBTORCH},
          {"sqlite", sqlite3_libversion()},
          {"compiler", TIMETRIAL_COMPILER}};
}

}  // namespace timetrial::version
