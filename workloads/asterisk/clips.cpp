#include "workloads/asterisk/clips.h"

#include "workloads/asterisk/asterisk.h"
#include "workloads/asterisk/transcripts.h"
#include "workloads/data/audio_file.h"
#include "workloads/data/gzip.h"
#include "workloads/workload.h"

#include <timetrial/random.h>

#include <algorithm>
#include <tuple>

namespace timetrial::asterisk {
namespace {

constexpr double kFewestCharactersPerSecond = 1, kMostCharactersPerSecond = 30;
constexpr std::int64_t kExpectedClips = 417;  // of version 1.6.1
constexpr double kExpectedWithin = 0.02;

bool matches_its_length(std::string_view words, std::int64_t samples) {
  const double seconds = static_cast<double>(samples) / kSampleRate;
  const auto characters = static_cast<double>(words.size());
  return characters >= kFewestCharactersPerSecond * seconds &&
         characters <= kMostCharactersPerSecond * seconds;
}

void check_count(std::size_t count, const std::filesystem::path& package) {
  const double off = static_cast<double>(count) / static_cast<double>(kExpectedClips) - 1;
  if (off >= -kExpectedWithin && off <= kExpectedWithin) return;
  throw workloads::DataError(package.string() + ": " + std::to_string(count) +
                             " recordings of known text; expected " +
                             std::to_string(kExpectedClips) + " within 2 %" + kUnpackAgain);
}

}  // namespace

std::int64_t model_frames(std::int64_t samples) {
  const auto config = log_mel_config();
  const std::int64_t hop = config.hop_samples();
  const std::int64_t all = (kLongestSamples - config.frame_samples()) / hop + 1;
  const std::int64_t reached = std::min(all, (samples + hop - 1) / hop);
  return (reached + 3) / 4;
}

std::int64_t frames_needed(std::string_view words) {
  auto frames = static_cast<std::int64_t>(words.size());
  for (std::size_t i = 1; i < words.size(); ++i) frames += words[i] == words[i - 1] ? 1 : 0;
  return frames;
}

Part part_of(std::string_view words) {
  const std::uint64_t bucket = hash_text(words) % 100;
  if (bucket < 15) return Part::validation;
  return bucket < 30 ? Part::test : Part::training;
}

Clips read_clips(const std::filesystem::path& package) {
  const auto sounds = package / "usr/share/asterisk/sounds/en_US_f_Allison";
  const auto list = package / "usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz";
  Clips clips;
  for (const Line& line : parse_list(data::read_gzip(list), list.string())) {
    const auto file = sounds / (line.path + ".wav");
    const auto words = spoken(line.text);
    if (!std::filesystem::is_regular_file(file)) {
      ++clips.left_out.no_recording;
    } else if (!words) {
      ++clips.left_out.unclear;
    } else if (const auto samples = data::audio_samples(file, kSampleRate);
               samples > kLongestSamples) {
      ++clips.left_out.too_long;
    } else if (!matches_its_length(*words, samples)) {
      ++clips.left_out.off_pace;
    } else if (frames_needed(*words) > model_frames(samples)) {
      ++clips.left_out.too_few_frames;
    } else {
      clips.kept.push_back({line.path, *words, data::read_audio(file, kSampleRate)});
    }
  }
  check_count(clips.kept.size(), package);
  std::sort(clips.kept.begin(), clips.kept.end(), [](const Clip& a, const Clip& b) {
    return std::tuple(hash_text(a.words), a.path) < std::tuple(hash_text(b.words), b.path);
  });
  return clips;
}

}  // namespace timetrial::asterisk
