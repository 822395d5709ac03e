#include "harness/referee/checkpoints.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <fstream>

namespace timetrial::referee {
namespace {

class CheckpointsTest : public testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  store::Checkpoint save(std::int64_t step, const std::string& content) {
    return save(checkpoints_, step, content);
  }
  store::Checkpoint save(Checkpoints& checkpoints, std::int64_t step, const std::string& content) {
    const auto file = checkpoints.begin();
    EXPECT_EQ(write(file.get(), content.data(), content.size()),
              static_cast<ssize_t>(content.size()));
    const auto record = checkpoints.commit(file, step);
    known_.insert(known_.begin(), record);
    return record;
  }

  std::string newest() {
    const auto usable = Checkpoints(folder_).newest(known_);
    if (!usable) return "none";
    std::array<char, 100> text{};
    const ssize_t size = read(usable->file.get(), text.data(), text.size());
    return std::to_string(usable->record.step) + ":" +
           std::string(text.data(), static_cast<std::size_t>(size));
  }

  std::size_t files() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      count += entry.is_regular_file() ? 1 : 0;
    }
    return count;
  }

  std::filesystem::path folder_ = std::filesystem::path(testing::TempDir()) / "checkpoints_test";
  Checkpoints checkpoints_{folder_};
  std::vector<store::Checkpoint> known_;  // newest first, as the store lists them
};

TEST_F(CheckpointsTest, TheNewestIsFound) {
  EXPECT_EQ(newest(), "none");
  save(10, "ten");
  save(20, "twenty");
  EXPECT_EQ(newest(), "20:twenty");
}

TEST_F(CheckpointsTest, ADamagedOneIsPassedOver) {
  save(10, "ten");
  const auto last = save(20, "twenty");
  std::ofstream(folder_ / last.file) << "twentz";
  EXPECT_EQ(newest(), "10:ten");
}

TEST_F(CheckpointsTest, TheLastTwoAreKept) {
  for (const std::int64_t step : {10, 20, 30, 40}) save(step, "x");
  EXPECT_EQ(files(), 2U);
  EXPECT_EQ(newest(), "40:x");
}

TEST_F(CheckpointsTest, APassedOverOneDoesNotCrowdOutLaterOnes) {
  save(30, "thirty");
  save(40, "forty");
  for (const auto& record : known_) std::ofstream(folder_ / record.file) << "damaged";
  Checkpoints resumed(folder_);
  ASSERT_FALSE(resumed.newest(known_));
  save(resumed, 10, "ten");  // from the start again
  EXPECT_EQ(newest(), "10:ten");
  save(resumed, 20, "twenty");
  EXPECT_EQ(newest(), "20:twenty");
  EXPECT_EQ(files(), 2U);
}

TEST_F(CheckpointsTest, TheOneResumedFromIsKeptBesideTheNext) {
  save(10, "ten");
  const auto damaged = save(20, "twenty");
  std::ofstream(folder_ / damaged.file) << "twentz";
  Checkpoints resumed(folder_);
  ASSERT_TRUE(resumed.newest(known_));
  const auto next = save(resumed, 15, "fifteen");
  std::ofstream(folder_ / next.file) << "fifteem";
  EXPECT_EQ(newest(), "10:ten");
}

TEST_F(CheckpointsTest, AKillBeforeTheStoreKnowsOfItLeavesTheOneBefore) {
  save(10, "ten");
  save(20, "twenty");
  save(30, "thirty");
  known_.erase(known_.begin());
  EXPECT_EQ(newest(), "20:twenty");
}

TEST_F(CheckpointsTest, AHalfWrittenOneIsNeverSeen) {
  save(10, "ten");
  Checkpoints checkpoints(folder_);
  const auto file = checkpoints.begin();
  ASSERT_EQ(write(file.get(), "half", 4), 4);
  EXPECT_EQ(newest(), "10:ten");
}

}  // namespace
}  // namespace timetrial::referee
