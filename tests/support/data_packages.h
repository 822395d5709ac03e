#pragma once
// The data packages that scripts/setup.sh fetched, for tests on real data, which skip where they
// are not there:
//
//   const auto packages = test::data_packages("chemicals");
//   if (!packages) GTEST_SKIP() << test::no_data_packages("chemicals");

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <string>

namespace timetrial::test {

/// The folder of all packages, if `package` lies in it: TIMETRIAL_PACKAGES, TIMETRIAL_DEPS/packages
/// or the source tree's .deps/packages, as for `timetrial data prepare`.
inline std::optional<std::filesystem::path> data_packages(const std::string& package) {
  std::filesystem::path folder = std::filesystem::path(TIMETRIAL_SOURCE_DIR) / ".deps" / "packages";
  if (const char* deps = std::getenv("TIMETRIAL_DEPS"); deps && *deps) {
    folder = std::filesystem::path(deps) / "packages";
  }
  if (const char* given = std::getenv("TIMETRIAL_PACKAGES"); given && *given) folder = given;
  if (!std::filesystem::is_directory(folder / package)) return std::nullopt;
  return folder;
}

inline std::string no_data_packages(const std::string& package) {
  return "the package " + package + " is not there (scripts/setup.sh fetches it)";
}

}  // namespace timetrial::test
