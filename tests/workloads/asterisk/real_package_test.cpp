// The real recordings: what is kept of them, and the numbers that stand in the code.
#include "workloads/asterisk/asterisk.h"
#include "workloads/asterisk/clips.h"
#include "workloads/asterisk/log_mel_statistics.h"
#include "workloads/speech/log_mel.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <optional>

namespace timetrial::asterisk {
namespace {

namespace fs = std::filesystem;

/// As the command line looks for it.
std::optional<fs::path> real_package() {
  const char* packages = std::getenv("TIMETRIAL_PACKAGES");
  const char* dependencies = std::getenv("TIMETRIAL_DEPS");
  const fs::path folder = packages       ? fs::path(packages)
                          : dependencies ? fs::path(dependencies) / "packages"
                                         : fs::path(TIMETRIAL_SOURCE_DIR) / ".deps/packages";
  if (!fs::is_directory(folder / "asterisk-en")) return std::nullopt;
  return folder / "asterisk-en";
}

class RealAsterisk : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (const auto package = real_package()) clips_ = read_clips(*package);
  }
  void SetUp() override {
    if (!clips_) GTEST_SKIP() << "packages/asterisk-en is not fetched (scripts/setup.sh)";
  }
  static std::optional<Clips> clips_;
};
std::optional<Clips> RealAsterisk::clips_;

TEST_F(RealAsterisk, KeepsWhatTheReadmeSays) {
  EXPECT_EQ(clips_->kept.size(), 417u);
  EXPECT_EQ(clips_->left_out.no_recording, 1);
  EXPECT_EQ(clips_->left_out.unclear, 35);
  EXPECT_EQ(clips_->left_out.too_long, 116);
  EXPECT_EQ(clips_->left_out.off_pace, 0);
  EXPECT_EQ(clips_->left_out.too_few_frames, 0);
  std::array<int, 3> parts = {};
  for (const auto& clip : clips_->kept) {
    ++parts[static_cast<std::size_t>(part_of(clip.words))];
    EXPECT_LE(std::ssize(clip.words), kLongestText) << clip.path;
  }
  EXPECT_EQ(parts, (std::array{295, 70, 52}));
}

// Each of log_mel_statistics.h, from the frames that hold audio, before normalisation.
TEST_F(RealAsterisk, StatisticsAreThoseOfTheTrainingClips) {
  static const std::array<float, kMelBins> kZeros = {};
  static const auto kOnes = [] {
    std::array<float, kMelBins> ones;
    ones.fill(1);
    return ones;
  }();
  auto config = log_mel_config();
  config.mean = kZeros;
  config.std = kOnes;
  const speech::LogMel front_end(at::kCPU, config);
  std::vector<at::Tensor> frames;
  for (const auto& clip : clips_->kept) {
    if (part_of(clip.words) != Part::training) continue;
    const auto samples = std::ssize(clip.samples);
    const auto audio = at::zeros({1, kLongestSamples});
    std::copy(clip.samples.begin(), clip.samples.end(), audio.mutable_data_ptr<float>());
    const auto paddings = at::arange(kLongestSamples).ge(samples).to(at::kFloat).unsqueeze(0);
    const auto features = front_end(audio, paddings);
    frames.push_back(features.values[0].slice(0, 0, features.paddings.eq(0).sum().item<int>()));
  }
  const auto all = at::cat(frames).to(at::kDouble);
  const auto mean = all.mean(0), deviation = all.std(0, /*unbiased=*/false);
  for (std::int64_t bin = 0; bin < kMelBins; ++bin) {
    SCOPED_TRACE(bin);
    const auto i = static_cast<std::size_t>(bin);
    EXPECT_NEAR(kLogMelMean[i], mean[bin].item<double>(), 2e-4);
    EXPECT_NEAR(kLogMelStd[i], deviation[bin].item<double>(), 2e-4);
  }
}

}  // namespace
}  // namespace timetrial::asterisk
