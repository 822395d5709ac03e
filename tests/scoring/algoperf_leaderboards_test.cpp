// The leaderboards in results/ are what the script makes of the published logs, byte for byte.
#include "tests/support/algoperf_logs.h"
#include "tests/support/temporary_folder.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace timetrial::scoring {
namespace {

namespace fs = std::filesystem;

std::string content(const fs::path& file) {
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(AlgoPerfLeaderboards, AreWhatTheScriptMakes) {
  const auto logs = test::algoperf_logs();
  if (!logs) GTEST_SKIP() << test::kNoAlgoPerfLogs;
  const test::TemporaryFolder folder;
  const fs::path source = TIMETRIAL_SOURCE_DIR;
  const std::string command = "TIMETRIAL_BUILD_DIR='" TIMETRIAL_BINARY_DIR "' '" +
                              (source / "scripts/algoperf-leaderboards.sh").string() + "' '" +
                              logs->string() + "' '" + folder.path().string() + "' >/dev/null";
  ASSERT_EQ(std::system(command.c_str()), 0);
  int compared = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder.path())) {
    if (!entry.is_regular_file()) continue;
    const auto relative = fs::relative(entry.path(), folder.path());
    EXPECT_EQ(content(entry.path()), content(source / "results" / relative)) << relative;
    ++compared;
  }
  EXPECT_EQ(compared, 8);
}

}  // namespace
}  // namespace timetrial::scoring
