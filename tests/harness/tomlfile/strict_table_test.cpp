#include "harness/tomlfile/strict_table.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

namespace timetrial::tomlfile {
namespace {

template <typename Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(StrictTable, ReadsEveryType) {
  const auto document = Document::parse(
      "text = 'a'\nwhole = 3\nfraction = 0.5\nyes = true\nwords = ['x', 'y']\n"
      "[inner]\nkey = 1\n[[row]]\nn = 1\n[[row]]\nn = 2\n",
      "f.toml");
  auto root = document.root();
  EXPECT_EQ(root.text("text"), "a");
  EXPECT_EQ(root.integer("whole"), 3);
  EXPECT_EQ(root.number("whole"), 3.0);
  EXPECT_EQ(root.number("fraction"), 0.5);
  EXPECT_TRUE(root.boolean("yes"));
  EXPECT_EQ(root.texts("words"), (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(root.table("inner").integer("key"), 1);
  auto rows = root.tables("row");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1].integer("n"), 2);
  EXPECT_NO_THROW(root.refuse_others());
}

TEST(StrictTable, ErrorsSayFileLineAndColumn) {
  struct Case {
    const char* text;
    std::function<void(Table&)> read;
    const char* message;
  };
  const std::vector<Case> cases{
      {"a = 1\n", [](Table& t) { t.text("a"); },
       "f.toml:1:5: 'a' is an integer; expected a text in quotes"},
      {"a = 1\n b = 'x'\n", [](Table& t) { t.number("b"); },
       "f.toml:2:6: 'b' is a text; expected a number"},
      {"a = 1.5\n", [](Table& t) { t.integer("a"); },
       "f.toml:1:5: 'a' is a number with a fraction; expected an integer"},
      {"a = 0\n", [](Table& t) { t.boolean("a"); },
       "f.toml:1:5: 'a' is an integer; expected true or false"},
      {"a = 7\n", [](Table& t) { t.integer("a", 1, 5); },
       "f.toml:1:5: a = 7 is out of range; use 1 to 5"},
      {"a = nan\n", [](Table& t) { t.number("a"); }, "f.toml:1:5: a = nan is out of range"},
      {"a = inf\n", [](Table& t) { t.number("a", 0); }, "f.toml:1:5: a = inf is out of range"},
      {"a = 1\n", [](Table& t) { t.table("a"); },
       "f.toml:1:5: 'a' is an integer; expected a table"},
      {"a = [1]\n", [](Table& t) { t.tables("a"); },
       "f.toml:1:5: 'a' is a list; expected a list of tables"},
      {"a = ['x', 1]\n", [](Table& t) { t.texts("a"); },
       "f.toml:1:11: 'a' is an integer; expected a list of texts"},
      {"a = 1\n", [](Table& t) { t.text("b"); }, "'b' is missing; add it to this table"},
      {"alpha = 1\nbeta = 2\n[x]\n",
       [](Table& t) {
         t.integer("alpha");
         t.table("x");
         t.refuse_others();
       },
       "f.toml:2:1: unknown key 'beta'; did you mean alpha"},
  };
  for (const auto& test : cases) {
    SCOPED_TRACE(test.message);
    const auto document = Document::parse(test.text, "f.toml");
    auto root = document.root();
    EXPECT_THAT(message_of([&] { test.read(root); }), ::testing::HasSubstr(test.message));
  }
}

TEST(StrictTable, TextThatIsNotTomlIsPlaced) {
  EXPECT_THAT(message_of([] { Document::parse("a = 1\nb = = 2\n", "f.toml"); }),
              ::testing::StartsWith("f.toml:2:5: no valid TOML: "));
  EXPECT_THAT(message_of([] { Document::parse("a = 1\n[(]\n", "f.toml"); }),
              ::testing::StartsWith("f.toml:2:2: no valid TOML: "));
  EXPECT_THAT(message_of([] { Document::parse("a = 1\na = 2\n", "f.toml"); }),
              ::testing::StartsWith("f.toml:2:"));
}

TEST(StrictTable, UnreadableFilesAreNamed) {
  EXPECT_THAT(message_of([] { Document::read("/no/such.toml"); }),
              ::testing::StartsWith("/no/such.toml: cannot be read"));
  EXPECT_THAT(message_of([] { Document::read("/tmp"); }),
              ::testing::StartsWith("/tmp: cannot be read"));
}

}  // namespace
}  // namespace timetrial::tomlfile
