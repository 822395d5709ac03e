#include "harness/tuning/space_files.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace timetrial::tuning {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class SpaceFiles : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    for (const char* name : {"adamw.search_space.json", "adamw.algoperf.search_space.json",
                             "adamw.points.search_space.json", "nadamw.wide.search_space.json",
                             "adamw.so", "nadamw.so", "adamw.json"}) {
      std::ofstream(folder_ / name) << "{}";
    }
  }
  std::string refusal(const std::string& library, const std::string& wanted) const {
    try {
      return find_search_space(folder_ / library, wanted).filename().string();
    } catch (const InputError& error) {
      return error.what();
    }
  }
  fs::path folder_ = fs::path(testing::TempDir()) / "space_files_test";
};

TEST_F(SpaceFiles, AreFoundBesideTheLibrary) {
  EXPECT_EQ(own_search_space(folder_ / "adamw.so"), folder_ / "adamw.search_space.json");
  EXPECT_EQ(own_search_space(folder_ / "nadamw.so"), std::nullopt);
  EXPECT_THAT(named_search_spaces(folder_ / "adamw.so"), ElementsAre("algoperf", "points"));
  EXPECT_THAT(named_search_spaces(folder_ / "nadamw.so"), ElementsAre("wide"));
  EXPECT_THAT(named_search_spaces(folder_ / "missing" / "adamw.so"), ElementsAre());
  std::ofstream(folder_ / "search_space.json") << "{}";
  EXPECT_EQ(own_search_space(folder_ / "nadamw.so"), folder_ / "search_space.json");
}

TEST_F(SpaceFiles, AreChosenByWordOrPath) {
  EXPECT_EQ(refusal("adamw.so", "algoperf"), "adamw.algoperf.search_space.json");
  EXPECT_EQ(find_search_space(folder_ / "adamw.so", "./mine"), "./mine");
  EXPECT_EQ(find_search_space(folder_ / "adamw.so", "mine.json"), "mine.json");
  EXPECT_EQ(refusal("adamw.so", "algopref"),
            (folder_ / "adamw.so").string() +
                ": no search space 'algopref'; use one of algoperf, points, or a file's path");
  EXPECT_THAT(refusal("other.so", "algoperf"), testing::HasSubstr("it has none but its own"));
}

}  // namespace
}  // namespace timetrial::tuning
