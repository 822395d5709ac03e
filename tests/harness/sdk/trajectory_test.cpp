#include "harness/sdk/trajectory.h"

#include "harness/trial/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace timetrial::sdk {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class TrajectoryFile : public testing::Test {
 protected:
  TrajectoryFile() {
    fs::create_directories(folder_);
    fs::copy_file(FIXTURES_DIR "/adamw.safetensors", folder_ / "adamw.safetensors");
    std::ifstream in(FIXTURES_DIR "/adamw.json");
    sidecar_.assign(std::istreambuf_iterator<char>(in), {});
  }
  ~TrajectoryFile() override { fs::remove_all(folder_); }

  /// Reads it with `from` in the sidecar replaced by `to`.
  Trajectory read_with(const std::string& from, const std::string& to) {
    auto text = sidecar_;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos);
    std::ofstream(folder_ / "adamw.json") << text.replace(at, from.size(), to);
    return read_trajectory(folder_ / "adamw.safetensors");
  }
  std::string refusal(const std::string& from, const std::string& to) {
    try {
      read_with(from, to);
    } catch (const InputError& error) {
      return error.what();
    }
    return "";
  }

  std::string sidecar_;
  const fs::path folder_ =
      fs::temp_directory_path() / ("trajectory_test." + std::to_string(getpid()) + "." +
                                   testing::UnitTest::GetInstance()->current_test_info()->name());
};

TEST_F(TrajectoryFile, IsReadWithItsSidecar) {
  const auto trajectory = read_with("adamw", "adamw");
  EXPECT_EQ(trajectory.name, "adamw");
  EXPECT_EQ(trajectory.steps, 20);
  EXPECT_EQ(trajectory.problem.batch_size, 32);
  EXPECT_EQ(trajectory.problem.point.at("learning_rate"), 0.02);
  EXPECT_EQ(trajectory.relative_tolerance, 1e-5);
  EXPECT_EQ(read_trajectory(folder_ / "adamw.json").problem.batch_size, 32);
}

TEST_F(TrajectoryFile, FollowingWithOtherHyperparametersFails) {
  const auto trajectory = read_with("\"beta1\": 0.9", "\"beta1\": 0.91");
  const auto results = follow(trajectory, SubmissionLibrary(SUBMISSIONS_DIR "/adamw.so"));
  ASSERT_EQ(results.size(), 4);
  for (const auto& result : results) {
    EXPECT_FALSE(result.passed) << result.name;
    EXPECT_GT(result.error, 1e-4);
    EXPECT_THAT(result.detail, HasSubstr("first beyond the tolerance after step "));
  }
}

TEST_F(TrajectoryFile, AnUnknownHyperparameterIsTheSubmissionsToRefuse) {
  const auto trajectory = read_with("\"beta1\"", "\"betaone\"");
  EXPECT_THAT(
      [&] { follow(trajectory, SubmissionLibrary(SUBMISSIONS_DIR "/adamw.so")); },
      testing::ThrowsMessage<std::invalid_argument>(HasSubstr("unknown hyperparameter 'betaone'")));
}

TEST_F(TrajectoryFile, NamesWhatIsWrong) {
  EXPECT_THAT(refusal("\"constant\"", "\"cosine\""),
              HasSubstr("\"schedule\": \"cosine\" is not known"));
  EXPECT_THAT(refusal("\"hyperparameters\"", "\"x\""), HasSubstr("\"hyperparameters\": missing"));
  EXPECT_THAT(refusal("relative_tolerance", "x"), HasSubstr("\"relative_tolerance\": missing"));
  EXPECT_THAT(refusal("0.02", "\"fast\""), HasSubstr("\"learning_rate\": expected a number"));
  EXPECT_THAT(refusal("{", "["), HasSubstr("adamw.json"));
  fs::remove(folder_ / "adamw.json");
  EXPECT_THROW(read_trajectory(folder_ / "adamw.safetensors"), InputError);
  EXPECT_THROW(read_trajectory(folder_ / "absent.safetensors"), InputError);
  EXPECT_THAT([] { read_trajectory("adamw.txt"); },
              testing::ThrowsMessage<InputError>(HasSubstr("adamw.txt: not a recorded case")));
}

}  // namespace
}  // namespace timetrial::sdk
