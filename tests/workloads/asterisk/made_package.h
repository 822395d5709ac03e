#pragma once
// A package of made recordings with the layout of asterisk-core-sounds-en: real WAV files of a
// tone whose pitch tells them apart, and a packed list of texts.

#include "tests/support/audio_writer.h"

#include <zlib.h>

#include <cmath>
#include <cstdint>
#include <filesystem>
#include <numbers>
#include <string>
#include <vector>

namespace timetrial::asterisk {

inline constexpr std::int64_t kMadeClips = 417;  ///< as many as the real package keeps

struct Recording {
  std::string path, text;
  std::int64_t samples = 4000;
};

/// Recordings that are all kept. Each says ten characters, no two neighbours alike: "say woaobr".
inline std::vector<Recording> made_recordings() {
  const std::string letters = "abcdefghijklmnpqstuvx";
  std::vector<Recording> recordings;
  for (std::int64_t i = 0; i < kMadeClips; ++i) {
    const auto letter = [&](std::int64_t at) { return letters[static_cast<std::size_t>(at)]; };
    const std::string word = {'w', 'o', letter(i / 21), 'o', letter(i % 21), 'r'};
    recordings.push_back({"words/" + std::to_string(i), "Say " + word + ".", 4000 + 8 * i});
  }
  return recordings;
}

inline std::vector<std::int16_t> tone(std::int64_t samples) {
  std::vector<std::int16_t> audio;
  const double pitch = 300 + static_cast<double>(samples % 1000);
  for (std::int64_t i = 0; i < samples; ++i) {
    audio.push_back(static_cast<std::int16_t>(
        8000 * std::sin(2 * std::numbers::pi * pitch * static_cast<double>(i) / 8000)));
  }
  return audio;
}

/// Writes <packages>/asterisk-en and returns it. A recording of no samples is listed only.
inline std::filesystem::path write_package(const std::filesystem::path& packages,
                                           const std::vector<Recording>& recordings) {
  const auto package = packages / "asterisk-en";
  const auto doc = package / "usr/share/doc/asterisk-core-sounds-en";
  std::string list = "; Made recordings\n\n";
  for (const auto& [path, text, samples] : recordings) {
    list += path + ": " + text + "\n";
    if (samples == 0) continue;
    test::write_audio(package / "usr/share/asterisk/sounds/en_US_f_Allison" / (path + ".wav"),
                      tone(samples), {.sample_rate = 8000, .container = SF_FORMAT_WAV});
  }
  std::filesystem::create_directories(doc);
  gzFile out = gzopen((doc / "core-sounds-en.txt.gz").c_str(), "wb");
  gzwrite(out, list.data(), static_cast<unsigned>(list.size()));
  gzclose(out);
  return package;
}

}  // namespace timetrial::asterisk
