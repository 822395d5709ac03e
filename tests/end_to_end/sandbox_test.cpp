// What a machine without namespaces means: a stop with the remedy, or results that say so.
#include "harness/sandbox/namespaces.h"
#include "tests/end_to_end/installation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

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

  static std::string report(const Installation& installation) {
    const auto file = installation.folder() / "report.md";
    EXPECT_EQ(installation.run({"report", "--out", file.string()}).code, 0);
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
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
  EXPECT_THAT(report(installation), testing::Not(HasSubstr("without a sandbox")));
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
  EXPECT_THAT(report(installation), HasSubstr("1 trial ran without a sandbox (--sandbox=none)"));
  EXPECT_EQ(installation.run({"run", "nesterov", "movielens_dlrm", "--sandbox=some"}).code, 2);
}

}  // namespace
}  // namespace timetrial::end_to_end
