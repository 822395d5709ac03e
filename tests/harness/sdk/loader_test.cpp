#include "harness/sdk/loader.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

namespace timetrial::sdk {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

std::string refusal(const std::filesystem::path& file) {
  try {
    const SubmissionLibrary library(file);
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

TEST(SubmissionLibrary, MakesSubmissionsThatOutliveIt) {
  auto make = [] {
    const SubmissionLibrary library(SUBMISSIONS_DIR "/adamw.so");
    EXPECT_EQ(library.file().name, "adamw");
    return library.create();
  };
  const auto submission = make();
  EXPECT_GE(submission->batch_size({}), 1);
}

TEST(SubmissionLibrary, IsFoundByARelativePath) {
  const auto folder = std::filesystem::current_path();
  std::filesystem::current_path(SUBMISSIONS_DIR);
  EXPECT_EQ(refusal("adamw.so"), "");
  std::filesystem::current_path(folder);
}

TEST(SubmissionLibrary, RefusesInOneLine) {
  const auto text =
      std::filesystem::temp_directory_path() / ("loader_test." + std::to_string(getpid()) + ".so");
  std::ofstream(text) << "not a library\n";
  const struct Case {
    std::filesystem::path file;
    const char* message;
  } cases[] = {
      {LIBRARIES_DIR "/missing_symbol.so", "missing symbol 'defined_nowhere(int)', which neither"},
      {LIBRARIES_DIR "/no_record.so", "not a submission"},
      {LIBRARIES_DIR "/wrong_sdk.so", "built with SDK 0.99.0"},
      {text, "not a library at all"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.file);
    EXPECT_THAT(refusal(c.file), AllOf(testing::StartsWith(c.file.string() + ": "),
                                       HasSubstr(c.message), Not(HasSubstr("\n"))));
  }
  std::filesystem::remove(text);
}

}  // namespace
}  // namespace timetrial::sdk
