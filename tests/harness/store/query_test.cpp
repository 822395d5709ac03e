#include "harness/trial/error.h"
#include "tests/harness/store/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace timetrial::store {
namespace {

using ::testing::HasSubstr;

using QueryTest = StoreTest;

TEST_F(QueryTest, GivesColumnsAndValues) {
  auto store = create();
  make_plan().add_to(store);
  std::vector<std::string> names;
  std::vector<std::optional<std::string>> first;
  store.query("SELECT name, max_steps AS steps, 0.5 FROM sweep; -- the end",
              [&](const auto& columns, const auto& values) {
                names = columns;
                first = values;
              });
  EXPECT_EQ(names, (std::vector<std::string>{"name", "steps", "0.5"}));
  ASSERT_EQ(first.size(), 3U);
  EXPECT_EQ(first[0], "sweep");
  EXPECT_EQ(first[1], std::nullopt);
  EXPECT_EQ(first[2], "0.5");
}

TEST_F(QueryTest, RefusesEverythingButOneReadingStatement) {
  auto store = create();
  make_plan().add_to(store);
  struct Case {
    std::string sql;
    const char* message;
  };
  const std::vector<Case> cases{
      {"", "there is no statement"},
      {"-- nothing", "there is no statement"},
      {"SELEC 1", "near \"SELEC\": syntax error"},
      {"SELECT absent FROM sweep", "no such column: absent"},
      {"SELECT 1; SELECT 2", "more than one statement"},
      {"SELECT 1; DROP TABLE sweep", "only reading is allowed"},
      {"DELETE FROM sweep", "only reading is allowed"},
      {"INSERT INTO outcome SELECT * FROM outcome", "only reading is allowed"},
      {"CREATE TEMP TABLE x (y)", "only reading is allowed"},
      {"PRAGMA user_version = 9", "only reading is allowed"},
      {"PRAGMA journal_mode", "only reading is allowed"},
      {"ATTACH '" + file("made.db").string() + "' AS x", "only reading is allowed"},
      {"VACUUM INTO '" + file("made.db").string() + "'", "only reading is allowed"},
      {"SELECT load_extension('x')", "only reading is allowed"},
      {"BEGIN EXCLUSIVE", "only reading is allowed"},
  };
  const auto hash = store.content_hash();
  for (const auto& test : cases) {
    SCOPED_TRACE(test.sql);
    EXPECT_THAT(message_of<InputError>([&] { rows_of(store, test.sql); }), HasSubstr(test.message));
  }
  EXPECT_EQ(store.content_hash(), hash);
  EXPECT_FALSE(std::filesystem::exists(file("made.db")));
}

TEST_F(QueryTest, ErrorsWhileReadingAreInputErrors) {
  auto store = create();
  EXPECT_THAT(message_of<InputError>([&] { rows_of(store, "SELECT json('no json')"); }),
              HasSubstr("query: malformed JSON"));
}

}  // namespace
}  // namespace timetrial::store
