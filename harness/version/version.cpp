#include "harness/version/version.h"

#include "commit.h"  // generated: TIMETRIAL_COMMIT

#include <sqlite3.h>
#include <timetrial/export_record.h>
#include <timetrial/version.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <string_view>

namespace timetrial::version {

std::map<std::string, std::string> versions() {
  const auto number = [](int value) { return std::to_string(value); };
  return {{"timetrial", TIMETRIAL_VERSION},
          {"sdk", number(TIMETRIAL_SDK_VERSION_MAJOR) + "." + number(TIMETRIAL_SDK_VERSION_MINOR) +
                      "." + number(TIMETRIAL_SDK_VERSION_PATCH)},
          {"commit", TIMETRIAL_COMMIT},
          {"libtorch", TIMETRIAL_BUILT_WITH_LIBTORCH},
          {"cuda", TIMETRIAL_BUILT_WITH_CUDA},
          {"sqlite", sqlite3_libversion()},
          {"compiler", TIMETRIAL_COMPILER},
          {"cxx11_abi", number(_GLIBCXX_USE_CXX11_ABI)}};
}

std::string as_text(const std::string& program) {
  const auto all = versions();
  return program + " " + all.at("timetrial") + " (commit " + all.at("commit") + ")\nSDK " +
         all.at("sdk") + ", LibTorch " + all.at("libtorch") + ", CUDA " + all.at("cuda") +
         ", SQLite " + all.at("sqlite") + ", " + all.at("compiler") + ", C++11 ABI " +
         all.at("cxx11_abi") + "\n";
}

std::string as_json() { return nlohmann::json(versions()).dump(2) + "\n"; }

std::string answer(const std::string& program, int argc, const char* const* argv) {
  const bool json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
  return json ? as_json() : as_text(program);
}

}  // namespace timetrial::version
