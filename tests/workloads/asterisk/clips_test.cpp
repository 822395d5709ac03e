#include "workloads/asterisk/clips.h"

#include "made_package.h"
#include "tests/support/temporary_folder.h"
#include "workloads/asterisk/asterisk.h"
#include "workloads/asterisk/transcripts.h"
#include "workloads/speech/log_mel.h"

#include <gmock/gmock.h>

#include <fstream>

namespace timetrial::asterisk {
namespace {

using testing::HasSubstr;

std::string refusal(const std::filesystem::path& package) {
  try {
    read_clips(package);
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Clips, KeepsWhatIsClearShortAndSpokenAtAHumanPace) {
  const test::TemporaryFolder folder;
  auto recordings = made_recordings();
  recordings.push_back({"missing", "Never recorded.", 0});
  recordings.push_back({"beep", "[a tone]", 4000});
  recordings.push_back({"long", "Too long to keep.", kLongestSamples + 1});
  recordings.push_back({"slow", "a", 9000});
  recordings.push_back({"fast", "all of this within half a second", 4000});
  recordings.push_back({"dense", "one two three four", 5000});  // 18 characters, 16 frames
  recordings.push_back({"longest", "Just short enough.", kLongestSamples});
  const auto clips = read_clips(write_package(folder.path(), recordings));
  EXPECT_EQ(clips.kept.size(), static_cast<std::size_t>(kMadeClips) + 1);
  EXPECT_EQ(clips.left_out.no_recording, 1);
  EXPECT_EQ(clips.left_out.unclear, 1);
  EXPECT_EQ(clips.left_out.too_long, 1);
  EXPECT_EQ(clips.left_out.off_pace, 2);
  EXPECT_EQ(clips.left_out.too_few_frames, 1);
  const auto longest = std::find_if(clips.kept.begin(), clips.kept.end(),
                                    [](const Clip& clip) { return clip.path == "longest"; });
  ASSERT_NE(longest, clips.kept.end());
  EXPECT_EQ(longest->words, "just short enough");
  EXPECT_EQ(longest->samples, tone(kLongestSamples));
}

TEST(Clips, WhatIsSaidTheSameWayIsInOnePart) {
  EXPECT_EQ(part_of(*spoken("Press 1.")), part_of(*spoken("press one")));
  int parts[3] = {};
  for (int i = 0; i < 10'000; ++i) ++parts[static_cast<int>(part_of("word " + std::to_string(i)))];
  EXPECT_NEAR(parts[1], 1500, 150);
  EXPECT_NEAR(parts[2], 1500, 150);
}

TEST(Clips, ModelFramesAreThoseOfTheModel) {
  const speech::LogMel front_end(at::kCPU, log_mel_config());
  for (const std::int64_t samples : {1, 80, 81, 320, 321, 7999, 8000, 24'000, 24'121}) {
    SCOPED_TRACE(samples);
    const auto paddings = at::arange(kLongestSamples).ge(samples).to(at::kFloat).unsqueeze(0);
    auto frames = front_end(at::zeros({1, kLongestSamples}), paddings).paddings;
    EXPECT_EQ(frames.size(1), 300);
    for (int halving = 0; halving < 2; ++halving) frames = frames.slice(1, 0, std::nullopt, 2);
    EXPECT_EQ(model_frames(samples), frames.eq(0).sum().item<std::int64_t>());
  }
}

TEST(Clips, CtcNeedsABlankBetweenEqualCharacters) {
  EXPECT_EQ(frames_needed("abc"), 3);
  EXPECT_EQ(frames_needed("speed bill"), 12);
  EXPECT_EQ(frames_needed("aaa"), 5);
}

TEST(Clips, DamagedPackagesAreRefusedInOneLine) {
  const test::TemporaryFolder folder;
  EXPECT_THAT(refusal(folder.path() / "nothing"), HasSubstr("core-sounds-en.txt.gz"));
  auto recordings = made_recordings();
  recordings.resize(300);
  const auto package = write_package(folder.path(), recordings);
  EXPECT_THAT(refusal(package), HasSubstr("300 recordings of known text; expected 417 within 2 %; "
                                          "unpack the packages of asterisk-en again"));
  const auto damaged = package / "usr/share/asterisk/sounds/en_US_f_Allison/words/7.wav";
  test::write_audio(damaged, tone(4000), {.sample_rate = 16000, .container = SF_FORMAT_WAV});
  EXPECT_THAT(refusal(package), HasSubstr("7.wav: 1 channel(s) at 16000 Hz; expected one of 16-bit "
                                          "samples at 8000 Hz"));
  std::ofstream(damaged) << "not audio";
  EXPECT_THAT(refusal(package), HasSubstr("7.wav: cannot be read"));
}

}  // namespace
}  // namespace timetrial::asterisk
