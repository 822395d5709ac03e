// Imported logs: stored whole, found again bit by bit, added once.
#include "harness/store/connection.h"
#include "harness/store/imported.h"
#include "harness/store/packed_columns.h"
#include "harness/trial/error.h"
#include "tests/harness/store/made_import.h"
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

namespace timetrial::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Rows = std::vector<std::vector<std::string>>;

class ImportTest : public StoreTest {};

std::string journal_of(const std::filesystem::path& file) {
  return Connection(file, Access::read_only).text("PRAGMA journal_mode");
}

std::vector<ImportedRecord> records(const Store& store, std::int64_t sweep = 1) {
  std::vector<ImportedRecord> all;
  store.imported_records(sweep, [&](const ImportedRecord& record) { all.push_back(record); });
  return all;
}

TEST_F(ImportTest, ANewStoreIsInWalAgainAfterItsFirstLogs) {
  auto store = create();
  MadeImport().import_into(store);
  EXPECT_EQ(journal_of(file()), "wal");
}

TEST_F(ImportTest, AFailedImportIntoANewStoreTakesNothingAndKeepsWal) {
  auto store = create();
  MadeImport made;
  made.change = [](const ImportedTrial& trial) {
    if (trial.key.submission == "b") throw InputError("broken off");
  };
  EXPECT_THROW(made.import_into(store), InputError);
  EXPECT_THAT(store.sweeps(), IsEmpty());
  EXPECT_EQ(journal_of(file()), "wal");
}

TEST_F(ImportTest, AStoreThatOthersHaveOpenStaysInWal) {
  auto store = create();
  const auto reader = Store::open(file(), Store::Mode::read_only);
  EXPECT_THAT(reader.sweeps(), IsEmpty());
  const auto counts = MadeImport().import_into(store);
  EXPECT_EQ(counts.added, 8);
  EXPECT_EQ(reader.sweeps().size(), 1U);
  EXPECT_EQ(journal_of(file()), "wal");
}

TEST_F(ImportTest, EveryColumnComesBackBitByBit) {
  auto store = create();
  const auto counts = MadeImport().import_into(store);
  EXPECT_TRUE(counts.new_sweep);
  EXPECT_EQ(counts.added, 8);
  EXPECT_EQ(counts.evaluations, 12);
  const auto all = records(store);
  ASSERT_EQ(all.size(), 8U);
  const auto& record = all[2];
  EXPECT_EQ(record.key, (TrialKey{"a", "up", 0, 1}));
  EXPECT_THAT(record.names,
              ElementsAre("global_step", "score", "accumulated_submission_time", "preemption_count",
                          "train/none", "test/accuracy", "test/again", "validation/accuracy"));
  EXPECT_THAT(record.columns[0], ElementsAre(1, 101, 201));
  EXPECT_THAT(record.columns[1], ElementsAre(10, 20, 30));
  EXPECT_THAT(record.columns[2], ElementsAre(10, 20, 30));
  EXPECT_THAT(record.columns[3], ElementsAre(0, 0, 0));
  EXPECT_TRUE(std::isnan(record.columns[4][2]));
  EXPECT_EQ(record.columns[5][0], 0.75);
  EXPECT_TRUE(std::isnan(record.columns[5][1]));
  EXPECT_TRUE(std::isnan(record.columns[6][1]));
  EXPECT_EQ(record.columns[7][1], 0.8 + 0.1);
  EXPECT_EQ(record.hparams, "{\"lr\": 0.1, \"name\": \"x\"}");
  EXPECT_EQ(record.origin, "{\"gpu_count\":8}");
  EXPECT_EQ(record.seed, -5);
  EXPECT_EQ(record.folder, "a/study_0/up_jax/trial_1");
  EXPECT_THAT(all[3].columns, IsEmpty());  // without measurements
  EXPECT_THAT(store.check(), IsEmpty());
}

TEST_F(ImportTest, OddNumbersSurvivePacking) {
  const std::vector<double> time{1, 2}, value{1, 2}, minus_zero{-0.0, -0.0},
      infinite{std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()},
      odd_nan{std::bit_cast<double>(0x7FF8000000000123), std::bit_cast<double>(0x7FF8000000000123)},
      tiny{5e-324, 5e-324}, third{1.0 / 3, 1.0 / 3};
  const std::vector<std::int64_t> step{1, 2};
  ImportedTrial trial;
  trial.time = time;
  trial.value = value;
  trial.step = step;
  trial.columns = {{"a", minus_zero}, {"quoted \"b\"", infinite},
                   {"c", odd_nan},    {"d", tiny},
                   {"e", third},      {"f", odd_nan}};
  PackedColumns packed;
  pack(trial, packed);
  const ColumnLayout layout(packed.layout);
  ASSERT_TRUE(layout.fits(2, packed.curve, packed.data));
  EXPECT_FALSE(layout.fits(3, packed.curve, packed.data));
  EXPECT_EQ(layout.packed_columns(), 3U);
  EXPECT_EQ(layout.names()[1], "quoted \"b\"");
  for (std::size_t column = 0; column < trial.columns.size(); ++column) {
    SCOPED_TRACE(column);
    const double read = layout.value(column, 1, 2, packed.curve, packed.data);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(read),
              std::bit_cast<std::uint64_t>(trial.columns[column].values[1]));
  }
  EXPECT_THROW(ColumnLayout("{}"), StoreError);
  EXPECT_THROW(ColumnLayout("[{\"name\":\"a\",\"same\":\"b\"}]"), StoreError);
}

TEST_F(ImportTest, ASecondImportAddsOnlyWhatIsNew) {
  auto store = create();
  MadeImport made;
  made.submissions = {"b"};
  made.trials = 1;
  made.import_into(store);
  const auto hash = store.content_hash();
  const auto again = made.import_into(store);
  EXPECT_FALSE(again.new_sweep);
  EXPECT_EQ(again.added, 0);
  EXPECT_EQ(again.known, 2);
  EXPECT_EQ(store.content_hash(), hash);

  made = {};
  made.remarks = {"1 stray file", "2 rows skipped"};
  const auto more = made.import_into(store);
  EXPECT_EQ(more.added, 6);
  EXPECT_EQ(more.known, 2);
  EXPECT_EQ(store.submissions(1).size(), 2U);
  EXPECT_THAT(store.imported(1)->remarks, ElementsAre("1 stray file", "2 rows skipped"));
  EXPECT_EQ(store.imported(1)->planned_studies, 5);
  EXPECT_EQ(records(store).size(), 8U);
  EXPECT_THAT(store.check(), IsEmpty());
}

TEST_F(ImportTest, OtherMeasurementsOfAKnownTrialAreRefusedAndNothingChanges) {
  auto store = create();
  MadeImport made;
  made.submissions = {"b"};
  made.import_into(store);
  const auto hash = store.content_hash();
  MadeImport other;
  other.shift = 1e-9;
  EXPECT_THAT(message_of<InputError>([&] { other.import_into(store); }),
              HasSubstr("b / up / study 0 / trial 1 of sweep 'logs' is stored with other "
                        "measurements; import these logs under another --name"));
  EXPECT_EQ(store.content_hash(), hash);
  EXPECT_EQ(records(store).size(), 4U);
  other.name = "others";
  EXPECT_EQ(other.import_into(store).added, 8);
}

TEST_F(ImportTest, WhatTheSourceThrowsLeavesNothingBehind) {
  auto store = create();
  MadeImport made;
  int trials = 0;
  made.change = [&](ImportedTrial&) {
    if (++trials == 5) throw std::runtime_error("stop");
  };
  EXPECT_THROW(made.import_into(store), std::runtime_error);
  EXPECT_THAT(store.sweeps(), IsEmpty());
  EXPECT_EQ(rows_of(store, "SELECT COUNT(*) FROM imported_text"), (Rows{{"0"}}));
}

TEST_F(ImportTest, ANameBelongsToOneKindOfSweep) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  MadeImport made;
  made.name = plan.sweep.name;
  EXPECT_THAT(message_of<InputError>([&] { made.import_into(store); }),
              HasSubstr("sweep 'sweep' exists and differs (rule_set)"));
  MadeImport().import_into(store);
  auto same = make_plan(1, 1);
  same.sweep.name = "logs";
  EXPECT_THAT(message_of<InputError>([&] { same.add_to(store); }),
              HasSubstr("sweep 'logs' exists"));
}

TEST_F(ImportTest, TheViewsListImportedTrialsBesideOwnOnes) {
  auto store = create();
  make_plan(1, 1).add_to(store);
  MadeImport().import_into(store);
  EXPECT_EQ(rows_of(store,
                    "SELECT sweep, workload, trial, status, final_time_s, attempts, point_json "
                    "FROM v_trials WHERE submission IN ('a', 's0') ORDER BY 1, 2, 3"),
            (Rows{{"logs", "down", "1", "target_reached", "30.0", "0", "{\"lr\":0.1}"},
                  {"logs", "down", "2", "crashed", "0.0", "0", "{\"lr\":0.2}"},
                  {"logs", "up", "1", "target_reached", "30.0", "0", "{\"lr\":0.1}"},
                  {"logs", "up", "2", "crashed", "0.0", "0", "{\"lr\":0.2}"},
                  {"sweep", "down", "0", "planned", "NULL", "0", "{\"lr\":0.1}"},
                  {"sweep", "up", "0", "planned", "NULL", "0", "{\"lr\":0.1}"}}));
  EXPECT_EQ(rows_of(store,
                    "SELECT submission, workload, study, trials, finished_trials, "
                    "trials_at_target, time_to_target_s, budget_s FROM v_scores_input "
                    "WHERE sweep = 'logs' AND submission = 'a' ORDER BY workload"),
            (Rows{{"a", "down", "0", "2", "2", "1", "20.0", "100.0"},
                  {"a", "up", "0", "2", "2", "1", "20.0", "100.0"}}));
  EXPECT_EQ(rows_of(store,
                    "SELECT ordinal, step, submission_time_s, metric, validation, test "
                    "FROM v_imported_evaluations WHERE submission = 'b' AND workload = 'up'"),
            (Rows{{"0", "1", "10.0", "accuracy", "0.8", "0.75"},
                  {"1", "101", "20.0", "accuracy", "0.9", "NULL"},
                  {"2", "201", "30.0", "accuracy", "1.0", "0.75"}}));
  EXPECT_EQ(store.trials(2).size(), 8U);
  EXPECT_EQ(store.trials(2)[0].outcome->kind, OutcomeKind::target_reached);
}

TEST_F(ImportTest, ShardsOfImportedLogsMergeInAnyOrder) {
  MadeImport first, second;
  first.submissions = {"a"};
  second.submissions = {"b"};
  second.remarks = {"another"};
  {
    auto a = create("a.db"), b = create("b.db");
    MadeImport other;
    other.name = "unrelated";  // so that the ids of texts and trials differ
    other.trials = 1;
    other.import_into(b);
    first.import_into(a);
    second.import_into(b);
  }
  auto forward = create("forward.db"), backward = create("backward.db");
  EXPECT_EQ(forward.merge(file("a.db")).at("imported_trials"), 4);
  EXPECT_EQ(forward.merge(file("b.db")).at("imported_trials"), 8);
  EXPECT_EQ(forward.merge(file("b.db")).at("imported_trials"), 0);
  backward.merge(file("b.db"));
  backward.merge(file("a.db"));
  EXPECT_EQ(forward.content_hash(), backward.content_hash());
  for (const auto* store : {&forward, &backward}) {
    EXPECT_THAT(store->check(), IsEmpty());
    for (const auto& sweep : store->sweeps()) {
      const auto all = records(*store, sweep.id);
      ASSERT_EQ(all.size(), sweep.name == "logs" ? 8U : 4U);
      EXPECT_EQ(all[0].columns.size(), 8U);
      EXPECT_EQ(all[0].hparams, "{\"lr\": 0.1, \"name\": \"x\"}");
    }
  }
  forward.backup(file("copy.db"));
  EXPECT_EQ(Store::open(file("copy.db"), Store::Mode::read_only).content_hash(),
            forward.content_hash());
}

TEST_F(ImportTest, AShardWithOtherMeasurementsIsRefused) {
  auto store = create();
  MadeImport().import_into(store);
  const auto hash = store.content_hash();
  {
    auto shard = create("shard.db");
    MadeImport other;
    other.shift = 0.5;
    other.import_into(shard);
  }
  EXPECT_THAT(message_of<InputError>([&] { store.merge(file("shard.db")); }),
              HasSubstr("trial 1 of sweep 'logs' has other measurements"));
  EXPECT_EQ(store.content_hash(), hash);
}

TEST_F(ImportTest, CheckFindsMeasurementsThatWereTamperedWith) {
  {
    auto store = create();
    MadeImport().import_into(store);
  }
  {
    Connection connection(file(), Access::read_write);
    connection.execute(
        "DROP TRIGGER imported_measurement_keep_u; "
        "UPDATE imported_measurement SET data = zeroblob(length(data)) WHERE id = 1");
  }
  EXPECT_THAT(
      Store::open(file(), Store::Mode::read_only).check(),
      ElementsAre(HasSubstr("(a / up / study 0 / trial 1, sweep logs) is not what its id")));
}

TEST_F(ImportTest, TheFunctionOfTheViewWantsItsFourArguments) {
  const auto store = create();
  EXPECT_THROW(rows_of(store, "SELECT * FROM imported_rows"), InputError);
  EXPECT_THROW(rows_of(store, "SELECT * FROM imported_rows(x'00', 'no layout', x'', 'm')"),
               InputError);
  EXPECT_THROW(rows_of(store,
                       "SELECT * FROM imported_rows(zeroblob(24), '[{\"name\":\"a\"}]', "
                       "x'', 'm')"),
               InputError);
  EXPECT_EQ(rows_of(store, "SELECT ordinal, step FROM imported_rows(zeroblob(48), '[]', x'', 'm')"),
            (Rows{{"0", "0"}, {"1", "0"}}));
  EXPECT_THAT(rows_of(store, "SELECT * FROM imported_rows(NULL, '[]', NULL, NULL)"), IsEmpty());
}

}  // namespace
}  // namespace timetrial::store
