#include "harness/skeleton/skeleton.h"

#include "harness/trial/error.h"
#include "tests/support/temporary_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace timetrial::skeleton {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

std::string text_of(const fs::path& file) {
  std::ostringstream out;
  out << std::ifstream(file).rdbuf();
  return out.str();
}

std::vector<std::string> names_in(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename());
  return names;
}

/// A folder that looks like the source tree.
class NewWorkload : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directories(source() / "workloads");
    fs::create_directories(source() / "tests");
    std::ofstream(source() / "workloads/workload.h") << "";
  }
  const fs::path& source() const { return folder_.path(); }
  std::string refusal(const std::string& name) const {
    try {
      write_workload(name, source());
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }

 private:
  const test::TemporaryFolder folder_;
};

TEST_F(NewWorkload, HasCodeAndTests) {
  const auto folders = write_workload("my_data", source());
  EXPECT_THAT(folders, testing::ElementsAre(source() / "workloads/my_data",
                                            source() / "tests/workloads/my_data"));
  EXPECT_THAT(names_in(folders[0]),
              UnorderedElementsAre("CMakeLists.txt", "README.md", "my_data.cpp", "my_data.h"));
  EXPECT_THAT(names_in(folders[1]), UnorderedElementsAre("CMakeLists.txt", "my_data_test.cpp"));
  EXPECT_THAT(text_of(folders[0] / "my_data.cpp"), HasSubstr("TIMETRIAL_WORKLOAD(\"my_data\""));
  EXPECT_THAT(text_of(folders[1] / "my_data_test.cpp"), HasSubstr("TEST(MyData, "));
  for (const auto& folder : folders) {
    for (const auto& name : names_in(folder)) {
      EXPECT_THAT(text_of(folder / name), Not(HasSubstr("@NAME@"))) << name;
    }
  }
  EXPECT_THAT(names_in(source()), UnorderedElementsAre("workloads", "tests")) << "nothing is left";
}

TEST_F(NewWorkload, IsWrittenWholeOrNotAtAll) {
  fs::create_directories(source() / "tests/workloads/my_data");
  EXPECT_THAT(refusal("my_data"), HasSubstr("tests/workloads/my_data: exists already"));
  EXPECT_FALSE(fs::exists(source() / "workloads/my_data"));
}

TEST_F(NewWorkload, NeedsAGoodNameAndTheSourceFolder) {
  EXPECT_THAT(refusal("My-Data"), HasSubstr("'My-Data' cannot name a workload"));
  EXPECT_THAT(refusal("clean"), HasSubstr("CMake keeps"));
  fs::remove(source() / "workloads/workload.h");
  EXPECT_THAT(refusal("my_data"), HasSubstr("not Timetrial's source folder"));
}

TEST(NewSubmission, HasItsFourFiles) {
  const test::TemporaryFolder folder;
  const auto made = write_submission("my_sgd", folder.path());
  EXPECT_EQ(made, folder.path() / "my_sgd");
  EXPECT_THAT(names_in(made), UnorderedElementsAre("CMakeLists.txt", "README.md", "my_sgd.cpp",
                                                   "search_space.json"));
  EXPECT_THROW(write_submission("my_sgd", folder.path()), InputError);
}

}  // namespace
}  // namespace timetrial::skeleton
