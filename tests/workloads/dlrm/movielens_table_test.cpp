// The readers of MovieLens' text tables.
#include "workloads/dlrm/movielens_table.h"

#include <gmock/gmock.h>

#include <sstream>

#include "workloads/workload.h"

namespace timetrial::dlrm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kInter = "user_id:token\titem_id:token\trating:float\ttimestamp:float\n";
constexpr const char* kUser =
    "user_id:token\tage:token\tgender:token\toccupation:token\tzip_code:token\n";
constexpr const char* kItem =
    "item_id:token\tmovie_title:token_seq\trelease_year:token\tclass:token_seq\n";

TEST(MovieLensTable, InteractionsAreRead) {
  std::istringstream in(std::string(kInter) + "196\t242\t3\t881250949\n");
  const auto rows = parse_interactions(in, "ml-100k.inter");
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].user, 196);
  EXPECT_EQ(rows[0].item, 242);
  EXPECT_EQ(rows[0].rating, 3);
  EXPECT_EQ(rows[0].time, 881250949);
}

TEST(MovieLensTable, UsersAndItemsAreRead) {
  std::istringstream users(std::string(kUser) + "1\t24\tM\ttechnician\t85711\n");
  const auto user = parse_users(users, "ml-100k.user").at(0);
  EXPECT_EQ(user.age, 24);
  EXPECT_EQ(user.gender, "M");
  EXPECT_EQ(user.occupation, "technician");
  EXPECT_EQ(user.zip, "85711");
  std::istringstream items(std::string(kItem) + "1\tToy Story\t1995\tAnimation Comedy\n" +
                           "267\tunknown\tunkonwn\tunknown\n");
  const auto rows = parse_items(items, "ml-100k.item");
  EXPECT_EQ(rows.at(0).year, 1995);
  EXPECT_THAT(rows.at(0).genres, ElementsAre("Animation", "Comedy"));
  EXPECT_EQ(rows.at(1).year, 0);
}

TEST(MovieLensTable, MalformedRowsAreNamed) {
  struct Case {
    const char* rows;
    const char* message;
  };
  const Case cases[] = {
      {"196\t242\t3\t881250949\n1\t2\t3\n", "ml-100k.inter:3: expected 4 columns, got 3"},
      {"196\t242\t6\t881250949\n", "ml-100k.inter:2: rating is '6', expected a number from 1 to 5"},
      {"x\t242\t3\t881250949\n", "ml-100k.inter:2: user_id is 'x', expected a number from 1 to"},
      {"1\t0\t3\t881250949\n", "ml-100k.inter:2: item_id is '0'"},
      {"1\t2\t3\t88125094.5\n", "ml-100k.inter:2: timestamp is '88125094.5'"},
      {"\n", "unpack the package recbole again (scripts/setup.sh)"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.message);
    std::istringstream in(std::string(kInter) + c.rows);
    try {
      parse_interactions(in, "ml-100k.inter");
      FAIL() << "accepted";
    } catch (const workloads::DataError& error) {
      EXPECT_THAT(error.what(), HasSubstr(c.message));
    }
  }
}

TEST(MovieLensTable, AnotherHeaderIsRefused) {
  std::istringstream in("user\titem\n1\t2\n");
  try {
    parse_users(in, "ml-100k.user");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_THAT(error.what(), HasSubstr("ml-100k.user:1: expected the columns 'user_id:token"));
  }
}

TEST(MovieLensTable, MissingFilesAreNamed) {
  try {
    read_tables("/nowhere");
    FAIL() << "accepted";
  } catch (const workloads::DataError& error) {
    EXPECT_STREQ(error.what(),
                 "/nowhere/ml-100k.inter: cannot be read; unpack the package recbole again "
                 "(scripts/setup.sh)");
  }
}

}  // namespace
}  // namespace timetrial::dlrm
