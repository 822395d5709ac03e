// A store that cannot be trusted or written is refused before a trial runs, in one line.
#include "harness/store/connection.h"
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace timetrial::end_to_end {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::vector<std::string> start(const Installation& installation, const std::string& name) {
  return {"sweep",
          "start",
          name,
          "-s",
          "lion",
          "-w",
          "movielens_dlrm",
          "--ruleset",
          installation.tiny_rules().string(),
          "--max-steps",
          "5"};
}

void expect_one_line(const Result& result, const std::string& says) {
  EXPECT_EQ(result.code, 2);
  const auto begin = result.err.find("timetrial: ");
  ASSERT_NE(begin, std::string::npos) << result.err;
  EXPECT_THAT(result.err.substr(begin), HasSubstr(says));
  EXPECT_EQ(std::count(result.err.begin() + static_cast<long>(begin), result.err.end(), '\n'), 1);
}

TEST(DamagedStore, IsRefusedBeforeATrialRuns) {
  const Installation installation("damaged_store");
  ASSERT_EQ(installation.run(start(installation, "one")).code, 0);
  long page = 0, page_bytes = 0;
  {
    store::Connection connection(installation.store(), store::Access::read_write);
    page = connection.integer("SELECT rootpage FROM sqlite_schema WHERE name = 'metric'");
    page_bytes = connection.integer("PRAGMA page_size");
    connection.text("PRAGMA wal_checkpoint(TRUNCATE)");
  }
  std::fstream file(installation.store(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp((page - 1) * page_bytes);
  file.put('\x55');  // no kind of page
  file.close();
  expect_one_line(installation.run({"resume"}), "nothing is run; restore a copy");
  EXPECT_EQ(installation.run({"store", "check"}).code, 4);
}

TEST(ReadOnlyStore, IsRefusedInOneLine) {
  const Installation installation("read_only_store");
  ASSERT_EQ(installation.run(start(installation, "one")).code, 0);
  // Root passes over permissions, unless what it starts has lost that right.
  if (geteuid() == 0) {
    ASSERT_EQ(prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE), 0);
  }
  constexpr auto kWrite = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
  fs::permissions(installation.store(), kWrite, fs::perm_options::remove);
  expect_one_line(installation.run({"resume"}), "the right to write the file and its folder");
  expect_one_line(installation.run(start(installation, "two")),
                  "the right to write the file and its folder");
  EXPECT_EQ(installation.run({"store", "query", "--sql", "SELECT 1"}).code, 0);
  fs::permissions(installation.store(), kWrite, fs::perm_options::add);
  EXPECT_EQ(installation.run({"resume"}).code, 0);
}

}  // namespace
}  // namespace timetrial::end_to_end
