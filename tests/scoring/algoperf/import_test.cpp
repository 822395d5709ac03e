// Logs by way of a store give the results that the direct reader gives.
#include "scoring/algoperf/import.h"

#include "scoring/from_store.h"
#include "tests/scoring/algoperf/make_logs.h"
#include "tests/scoring/algoperf/same_results.h"
#include "tests/support/algoperf_logs.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::algoperf {
namespace {

using ::testing::IsEmpty;

class Import : public testing::Test {
 protected:
  std::filesystem::path logs() const { return folder_.path() / "made"; }
  std::filesystem::path file() const { return folder_.path() / "store.db"; }

  ImportReport import(const std::filesystem::path& path, const LogOptions& options = {}) const {
    Findings findings;
    auto opened = open_under_rules(path, options, findings);
    auto store = store::Store::open(file(), store::Store::Mode::create);
    return import_into(store, opened, findings, 5, {});
  }
  scoring::Results read_back() const {
    const auto store = store::Store::open(file(), store::Store::Mode::read_only);
    EXPECT_THAT(store.check(), IsEmpty());
    return scoring::read_results(store, scoring::choose_sweep(store, std::nullopt, "").sweep);
  }

  ::timetrial::test::TemporaryFolder folder_;
};

TEST_F(Import, GivesTheResultsOfTheDirectReader) {
  test::make_logs(logs());
  test::write_file(logs() / "stray.txt", "x");
  // A skipped row: those after it keep their places.
  test::write_file(logs() / "ash/study_0/fastmri_jax/trial_1/eval_measurements.csv",
                   "global_step,score,validation/ssim\n1,1,0.5\n2,2\n3,3,0.9\n");
  const auto report = import(logs());
  EXPECT_EQ(report.trials, 36);
  EXPECT_EQ(report.counts.added, 36);
  EXPECT_EQ(test::differences(read_back(), read_logs(logs())), "");
  EXPECT_EQ(read_back().provenance.created_ns, 5);
  EXPECT_EQ(read_back().cells.at(1).studies.at(0).trials.at(0).curve.at(1).row, 2);
}

TEST_F(Import, GivesThemForSelfTuningWithItsBudget) {
  test::make_logs(logs(), {.trials = 1, .tuning = "self", .v05 = false});
  import(logs());
  EXPECT_EQ(test::differences(read_back(), read_logs(logs())), "");
  EXPECT_EQ(read_back().workloads.at(1).budget_s, 4430 * 1.5);
}

TEST_F(Import, OfAnArchiveIsThatOfTheFolder) {
  test::make_logs(logs());
  test::pack(logs(), folder_.path() / "made.tar.xz");
  import(logs());
  const auto again = import(folder_.path() / "made.tar.xz");
  EXPECT_EQ(again.counts.added, 0);
  EXPECT_EQ(again.counts.known, 36);
}

TEST_F(Import, OfAPartIsCompletedByTheWhole) {
  test::make_logs(logs(), {.submissions = {"beech"}});
  import(logs());
  // The seeds of made-up trials go by their place, so beech must come out as before.
  std::filesystem::rename(logs() / "beech", folder_.path() / "beech");
  test::make_logs(logs(), {.submissions = {"ash"}});
  std::filesystem::rename(folder_.path() / "beech", logs() / "beech");
  const auto whole = import(logs());
  EXPECT_EQ(whole.counts.known, 18);
  EXPECT_EQ(whole.counts.added, 18);
  auto expected = read_logs(logs());
  auto read = read_back();
  expected.remarks.clear();  // those of both imports are kept
  read.remarks.clear();
  EXPECT_EQ(test::differences(read, expected), "");
}

TEST_F(Import, TryingItStoresNothing) {
  test::make_logs(logs());
  Findings findings;
  auto opened = open_under_rules(logs(), {}, findings);
  const auto report = try_import(opened, findings, {});
  EXPECT_EQ(report.trials, 36);
  EXPECT_EQ(report.counts.added, 0);
  EXPECT_GT(report.counts.evaluations, 100);
}

class ImportRealLogs : public Import, public testing::WithParamInterface<const char*> {};

TEST_P(ImportRealLogs, GivesTheResultsOfTheDirectReader) {
  const auto archive =
      timetrial::test::algoperf_logs().value_or("absent") / (std::string(GetParam()) + ".tar.xz");
  if (!std::filesystem::exists(archive)) {
    GTEST_SKIP() << archive << " is not there; set TIMETRIAL_ALGOPERF_LOGS";
  }
  import(archive);
  EXPECT_EQ(test::differences(read_back(), read_logs(archive)), "");
}

INSTANTIATE_TEST_SUITE_P(Public, ImportRealLogs,
                         testing::Values("v05-external", "v06-external", "v06-self-tuning",
                                         "synthetic-a"),
                         [](const auto& test) {
                           std::string name = test.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace timetrial::algoperf
