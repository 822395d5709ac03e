// What a machine without namespaces means: a stop with the remedy, or results that say so.
#include "harness/sandbox/namespaces.h"
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::end_to_end {
namespace {

using testing::HasSubstr;

class Sandbox : public testing::Test {
 protected:
  void SetUp() override {
    const std::string reason = sandbox::why_no_namespaces();
    if (!reason.empty()) GTEST_SKIP() << reason;
  }

  static std::vector<std::string> one_trial(const Installation& installation) {
    return {"run",
            "nesterov",
            "movielens_dlrm",
            "--ruleset",
            installation.tiny_rules().string(),
            "--max-steps",
            "3"};
  }
  static std::string walls(const Installation& installation) {
    return installation.query("SELECT json_extract(host_json, '$.sandbox') FROM attempt");
  }

  /// Runs a program where nobody can make namespaces any more.
  const std::vector<std::string> without_namespaces_{
      "bwrap", "--unshare-user", "--disable-userns", "--dev-bind", "/", "/", "--"};
};

TEST_F(Sandbox, IsRecordedWithTheResult) {
  const Installation installation("sandbox_full");
  const Result result = installation.run(one_trial(installation));
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(walls(installation), "full");
}

TEST_F(Sandbox, StopsWithTheRemedyWhereItCannotBe) {
  const Installation installation("sandbox_impossible");
  const Result result = installation.run(one_trial(installation), without_namespaces_);
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, HasSubstr("a sandbox needs namespaces, which this machine refuses"));
  EXPECT_THAT(result.err, HasSubstr("--sandbox=none"));
  EXPECT_FALSE(std::filesystem::exists(installation.store())) << "nothing was written";
}

TEST_F(Sandbox, IsLeftAwayOnRequestAndTheResultSaysSo) {
  const Installation installation("sandbox_none");
  auto arguments = one_trial(installation);
  arguments.emplace_back("--sandbox=none");
  const Result result = installation.run(arguments, without_namespaces_);
  EXPECT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(walls(installation), "none");
  EXPECT_EQ(installation.run({"run", "nesterov", "movielens_dlrm", "--sandbox=some"}).code, 2);
}

}  // namespace
}  // namespace timetrial::end_to_end
