// What files are accepted as stores, what is done to older ones, and what the tables refuse.
#include "harness/store/schema.h"

#include "harness/store/connection.h"
#include "harness/store/journal.h"
#include "harness/trial/error.h"
#include "tests/harness/store/made_import.h"
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace timetrial::store {
namespace {

using ::testing::HasSubstr;

using SchemaTest = StoreTest;

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string open_message(const std::filesystem::path& file, Store::Mode mode) {
  return message_of<InputError>([&] { Store::open(file, mode); });
}

TEST_F(SchemaTest, FilesThatAreNoStoreAreRefusedAndLeftAlone) {
  std::ofstream(file("text.db")) << std::string(5000, 'x');
  Connection(file("other.db"), Access::create).execute("CREATE TABLE t (x); PRAGMA user_version=1");
  Connection newer(file("newer.db"), Access::create);
  newer.execute("CREATE TABLE t (x); PRAGMA application_id = " + std::to_string(kApplicationId) +
                "; PRAGMA user_version = 99");
  struct Case {
    const char* name;
    const char* message;
  };
  const std::vector<Case> cases{
      {"text.db", "text.db: not a store (file is not a database)"},
      {"other.db", "other.db: a database, but not a store of Timetrial"},
      {"newer.db", "newer.db: written by a newer Timetrial (schema 99, this one knows 5)"},
  };
  for (const auto& test : cases) {
    const auto before = contents(file(test.name));
    for (const auto mode : {Store::Mode::read_only, Store::Mode::read_write, Store::Mode::create}) {
      SCOPED_TRACE(test.name);
      EXPECT_THAT(open_message(file(test.name), mode), HasSubstr(test.message));
    }
    EXPECT_EQ(contents(file(test.name)), before);
  }
}

TEST_F(SchemaTest, AMissingStoreIsMadeOnlyWhenAsked) {
  EXPECT_THAT(open_message(file("absent.db"), Store::Mode::read_only),
              HasSubstr("absent.db: no store here; run a sweep first"));
  EXPECT_THAT(open_message(file("absent.db"), Store::Mode::read_write), HasSubstr("no store here"));
  EXPECT_FALSE(std::filesystem::exists(file("absent.db")));
  EXPECT_THAT(open_message(folder(), Store::Mode::create), HasSubstr("a folder; give the store's"));
  Store::open(folder() / "new" / "deep" / "store.db", Store::Mode::create);
  EXPECT_TRUE(std::filesystem::exists(folder() / "new" / "deep" / "store.db"));
}

TEST_F(SchemaTest, ADamagedStoreIsSaidToBe) {
  make_plan(20, 20).add_to(*std::make_unique<Store>(create()));
  {
    std::fstream bytes(file(), std::ios::in | std::ios::out | std::ios::binary);
    for (int page = 3; page < 40; ++page) {
      bytes.seekp(4096 * page + 100);
      bytes << std::string(1000, '\x5A');
    }
  }
  const auto store = Store::open(file(), Store::Mode::read_only);
  EXPECT_THAT(store.check(), ::testing::Not(::testing::IsEmpty()));
}

TEST_F(SchemaTest, MigrationGoesForwardAndKeepsACopy) {
  {
    auto store = create();
    make_plan().add_to(store);
  }
  auto newer = migrations();
  newer.push_back({6, "ALTER TABLE attempt_end ADD COLUMN energy_j REAL;"});
  {
    Connection connection(file(), Access::read_write);
    migrate(connection, newer);
    EXPECT_EQ(connection.integer("PRAGMA user_version"), 6);
    EXPECT_EQ(connection.integer("SELECT COUNT(energy_j) FROM attempt_end"), 0);
    EXPECT_EQ(connection.integer("SELECT COUNT(*) FROM trial"), 8);
    migrate(connection, newer);  // nothing more to do
  }
  EXPECT_THAT(open_message(file(), Store::Mode::read_write), HasSubstr("written by a newer"));
  const auto backup = Store::open(file("test.db.v5.backup"), Store::Mode::read_only);
  EXPECT_EQ(backup.sweeps().size(), 1U);
}

// fixtures/store_v1.db was written by the last program whose schema was version 1: make_plan(1, 2),
// its first trial finished with two evaluations, its second one begun.
TEST_F(SchemaTest, AStoreOfVersion1IsBroughtUpToDateWithAllThatItHolds) {
  const auto fixture =
      std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/harness/store/fixtures/store_v1.db";
  const std::string hash = "f69bf6110b956bd4dbf511ced6c5a09db08bd76f56a82c2e15f10ffa356cd101";
  std::filesystem::copy_file(fixture, file());
  const auto rows = [&](const Store& store) {
    return rows_of(store, "SELECT * FROM v_trials ORDER BY ordinal");
  };
  std::vector<std::vector<std::string>> before;
  {
    const auto old = Store::open(file(), Store::Mode::read_only);  // read as it is
    EXPECT_EQ(old.content_hash(), hash);
    EXPECT_FALSE(old.imported(1).has_value());
    EXPECT_EQ(old.trials(1).size(), 4U);
    const auto scored = old.scored_evaluations(1);
    ASSERT_EQ(scored.size(), 1U);
    EXPECT_FALSE(scored.begin()->second.at(0).data_wait_s.has_value());
    before = rows(old);
  }
  auto store = Store::open(file(), Store::Mode::read_write);
  EXPECT_EQ(Connection(file(), Access::read_only).integer("PRAGMA user_version"), 5);
  EXPECT_TRUE(std::filesystem::exists(file("test.db.v1.backup")));
  EXPECT_EQ(store.content_hash(), hash);
  EXPECT_EQ(rows(store), before);
  EXPECT_EQ(rows_of(store, "SELECT status, final_time_s, attempts FROM v_trials ORDER BY ordinal"),
            (std::vector<std::vector<std::string>>{{"target_reached", "20.0", "1"},
                                                   {"open", "NULL", "1"},
                                                   {"planned", "NULL", "0"},
                                                   {"planned", "NULL", "0"}}));
  EXPECT_THAT(store.check(), ::testing::IsEmpty());
  MadeImport().import_into(store);
  EXPECT_NE(store.content_hash(), hash);
}

// fixtures/store_v3.db was written by the last program whose schema was version 3: as that of
// version 1, with the time that training waited for data.
TEST_F(SchemaTest, AStoreOfVersion3IsBroughtUpToDateWithAllThatItHolds) {
  const auto fixture =
      std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/harness/store/fixtures/store_v3.db";
  const std::string hash = "fa2e8b3fd369e8d46f3867a46e8e4587f8476da01b733d47ef4a157e8898dc93";
  std::filesystem::copy_file(fixture, file());
  const auto rows = [&](const Store& store) {
    return rows_of(store, "SELECT * FROM v_evaluations ORDER BY trial_id, ordinal");
  };
  std::vector<std::vector<std::string>> before;
  std::string trial;
  {
    const auto old = Store::open(file(), Store::Mode::read_only);  // read as it is
    EXPECT_EQ(old.content_hash(), hash);
    EXPECT_TRUE(old.quarantines().empty());
    EXPECT_TRUE(old.machine_classes(1).empty());
    trial = old.trials(1).at(0).trial.id;
    before = rows(old);
    ASSERT_EQ(before.size(), 2U);
    EXPECT_EQ(before[1].back(), "0.5");
  }
  auto store = Store::open(file(), Store::Mode::read_write);
  EXPECT_EQ(Connection(file(), Access::read_only).integer("PRAGMA user_version"), 5);
  EXPECT_TRUE(std::filesystem::exists(file("test.db.v3.backup")));
  EXPECT_EQ(store.content_hash(), hash);
  EXPECT_EQ(rows(store), before);
  EXPECT_THAT(store.check(), ::testing::IsEmpty());
  store.quarantine(trial, "a compiler ran beside it", 5000);
  EXPECT_NE(store.content_hash(), hash);
  EXPECT_EQ(rows(store), before);  // every row is kept
}

// fixtures/store_v4.db was written by the last program whose schema was version 4: as that of
// version 3, with its finished trial quarantined.
TEST_F(SchemaTest, AStoreOfVersion4IsBroughtUpToDateWithAllThatItHolds) {
  const auto fixture =
      std::filesystem::path(TIMETRIAL_SOURCE_DIR) / "tests/harness/store/fixtures/store_v4.db";
  std::filesystem::copy_file(fixture, file());
  std::string hash, trial;
  {
    const auto old = Store::open(file(), Store::Mode::read_only);  // read as it is
    hash = old.content_hash();
    ASSERT_EQ(old.quarantines().size(), 1U);
    trial = old.quarantines().at(0).trial_id;
    EXPECT_EQ(old.evaluations(trial).size(), 2U);
    EXPECT_TRUE(old.training_losses(trial).empty());
    EXPECT_EQ(old.last_evaluations(1).size(), 1U);
  }
  auto store = Store::open(file(), Store::Mode::read_write);
  EXPECT_EQ(Connection(file(), Access::read_only).integer("PRAGMA user_version"), 5);
  EXPECT_TRUE(std::filesystem::exists(file("test.db.v4.backup")));
  EXPECT_EQ(store.content_hash(), hash);
  EXPECT_EQ(store.quarantines().size(), 1U);
  EXPECT_TRUE(store.evaluations(trial).at(0).recorded.empty());
  EXPECT_THAT(store.check(), ::testing::IsEmpty());
  const auto begun = store.attempts(trial).at(0).id;
  store.add_training_losses(begun, {0, 1, {1}});
  EXPECT_NE(store.content_hash(), hash);
}

TEST_F(SchemaTest, AFailedMigrationChangesNothing) {
  { create(); }
  auto newer = migrations();
  newer.push_back({6, "CREATE TABLE extra (x) STRICT; SELECT no_such_function();"});
  Connection connection(file(), Access::read_write);
  EXPECT_THROW(migrate(connection, newer), StoreError);
  EXPECT_EQ(connection.integer("PRAGMA user_version"), 5);
  EXPECT_EQ(connection.integer("SELECT COUNT(*) FROM sqlite_schema WHERE name = 'extra'"), 0);
}

TEST_F(SchemaTest, EveryTableIsStrictAndAppendOnly) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  const auto attempt = store.begin_attempt(attempt_of(plan.trials[0].id));
  auto evaluation = evaluation_at(0, {{"a", 1}});
  evaluation.recorded = {{"b", 2}};
  store.add_evaluation(attempt, evaluation);
  store.add_training_losses(attempt, {0, 1, {1}});
  store.add_checkpoint(attempt, {"c", "h", 1, 10, 0});
  store.end_attempt(attempt, {1, 10, 0, 0, ""});
  store.finish_trial(plan.trials[0].id, {OutcomeKind::completed, "", 1, 10}, 5);
  store.quarantine(plan.trials[0].id, "noise", 6);
  MadeImport().import_into(store);

  Connection connection(file(), Access::read_write);
  Statement tables(connection,
                   "SELECT l.name, l.strict, (SELECT name FROM pragma_table_info(l.name) LIMIT 1) "
                   "FROM pragma_table_list l WHERE l.schema = 'main' AND l.type = 'table' "
                   "AND l.name NOT LIKE 'sqlite_%'");
  int count = 0;
  while (tables.step()) {
    const auto table = tables.text(0), column = tables.text(2);
    SCOPED_TRACE(table);
    ++count;
    EXPECT_EQ(tables.integer(1), 1);
    EXPECT_THAT(message_of<StoreError>([&] {
                  connection.execute("UPDATE " + table + " SET " + column + " = " + column);
                }),
                HasSubstr(table + " is append-only"));
    EXPECT_THAT(message_of<StoreError>([&] { connection.execute("DELETE FROM " + table); }),
                HasSubstr(table + " is append-only"));
    EXPECT_THROW(connection.execute("REPLACE INTO " + table + " SELECT * FROM " + table),
                 StoreError);
  }
  EXPECT_EQ(count, 20);
}

TEST_F(SchemaTest, EnumerationsAndRangesAreChecked) {
  auto store = create();
  const auto plan = make_plan();
  plan.add_to(store);
  store.begin_attempt(attempt_of(plan.trials[0].id));
  Connection connection(file(), Access::read_write);
  const std::string id = "'" + plan.trials[0].id + "'";
  const std::vector<std::string> refused{
      "INSERT INTO outcome VALUES (" + id + ", 'r', 'interrupted', '', 0, 0.0, 0)",
      "INSERT INTO outcome VALUES (" + id + ", 'r', 'crashed', '', -1, 0.0, 0)",
      "INSERT INTO outcome VALUES ('x', 'r', 'crashed', '', 0, 0.0, 0)",
      "INSERT INTO attempt_end VALUES (1, 0, 0.0, 0.0, 'many', '')",
      "INSERT INTO metric VALUES (1, 'a', NULL, 'finite')",
      "INSERT INTO evaluation VALUES (9, 77, 0, 0, 0.0, 0.0, 0.0, 0.0, '', 0.0)",
      "INSERT INTO evaluation VALUES (9, 1, 0, 0, 0.0, 0.0, 0.0, 0.0, '', -1.0)",
      "INSERT INTO quarantine VALUES (" + id + ", 'r', 1, 'forget', 'noise')",
      "INSERT INTO quarantine VALUES (" + id + ", 'r', 1, 'add', '')",
      "INSERT INTO quarantine VALUES ('x', 'r', 1, 'add', 'noise')",
  };
  for (const auto& sql : refused) {
    SCOPED_TRACE(sql);
    EXPECT_THROW(connection.execute(sql), StoreError);
  }
}

TEST_F(SchemaTest, LocalStoresUseWalWithFullDurabilityAtTrialBoundaries) {
  create();
  if (!network_file_system_of(folder()).empty()) GTEST_SKIP() << "the tests run on a network disk";
  Connection connection(file(), Access::read_write);
  EXPECT_EQ(connection.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(connection.integer("PRAGMA foreign_keys"), 1);
  connection.set_durability(Connection::Durability::full);
  EXPECT_EQ(connection.integer("PRAGMA synchronous"), 2);
  connection.set_durability(Connection::Durability::normal);
  EXPECT_EQ(connection.integer("PRAGMA synchronous"), 1);
}

constexpr std::chrono::milliseconds kNoWait{0};

TEST_F(SchemaTest, AStoreOnANetworkDiskUsesTheRollbackJournal) {
  create();
  Connection connection(file(), Access::read_write);
  EXPECT_FALSE(choose_journal(connection, "NFS", kNoWait));
  EXPECT_EQ(connection.text("PRAGMA journal_mode"), "delete");
  EXPECT_EQ(connection.integer("PRAGMA synchronous"), 2);
  EXPECT_FALSE(std::filesystem::exists(file().string() + "-shm"));
  // The file itself says so: others that look at it find no shared memory to use.
  EXPECT_EQ(Connection(file(), Access::read_only).text("PRAGMA journal_mode"), "delete");
  EXPECT_TRUE(choose_journal(connection, "", kNoWait));
  EXPECT_EQ(connection.text("PRAGMA journal_mode"), "wal");
}

TEST_F(SchemaTest, AStoreInWalThatIsInUseOnANetworkDiskIsRefused) {
  const auto in_use = create();
  Connection connection(file(), Access::read_write);
  const auto message = message_of<InputError>([&] { choose_journal(connection, "NFS", kNoWait); });
  EXPECT_THAT(message, HasSubstr("in use on a network file system (NFS)"));
  EXPECT_THAT(message, HasSubstr("move the store to a local disk"));
  EXPECT_EQ(connection.text("PRAGMA journal_mode"), "wal");
}

TEST_F(SchemaTest, AWriterThatIsHeldUpForTooLongSaysSoAndChangesNothing) {
  create();
  Connection holder(file(), Access::read_write);
  const Transaction lock(holder);
  Connection other(file(), Access::read_write, 20);
  EXPECT_THAT(message_of<StoreError>([&] { Transaction{other}; }),
              HasSubstr("another process has held the store for too long"));
  EXPECT_EQ(Connection(file(), Access::read_only).integer("SELECT COUNT(*) FROM attempt"), 0);
}

TEST(Journal, NetworkFileSystemsAreKnownByTheirNumbers) {
  struct Case {
    long magic;
    const char* name;
  };
  for (const auto& test : std::vector<Case>{{0x6969, "NFS"},
                                            {0xFF534D42, "CIFS"},
                                            {static_cast<int>(0xFF534D42), "CIFS"},
                                            {0x0BD00BD0, "Lustre"},
                                            {0x65735546, "FUSE"},
                                            {0x01021997, "9P"},
                                            {0xEF53, ""},
                                            {0x9123683E, ""},
                                            {0x01021994, ""}}) {
    SCOPED_TRACE(test.magic);
    EXPECT_EQ(network_file_system(test.magic), test.name);
  }
}

}  // namespace
}  // namespace timetrial::store
