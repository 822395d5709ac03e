#pragma once
// The recordings of the Debian package asterisk-core-sounds-en-wav that have a known text and are
// short enough, split by what they say.
//
//   <package>/usr/share/asterisk/sounds/en_US_f_Allison/**/*.wav          16-bit mono, 8 kHz
//   <package>/usr/share/doc/asterisk-core-sounds-en/core-sounds-en.txt.gz  what they say

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::asterisk {

struct Clip {
  std::string path;   ///< as listed
  std::string words;  ///< spoken(): lower case letters, apostrophes, single spaces
  std::vector<std::int16_t> samples;
};

/// Why listed recordings are left out; the reasons in the order in which they are looked for.
struct LeftOut {
  std::int64_t no_recording = 0;    ///< listed, but not in the package
  std::int64_t unclear = 0;         ///< spoken() cannot tell the words
  std::int64_t too_long = 0;        ///< more than kLongestSamples
  std::int64_t off_pace = 0;        ///< more than 30 characters a second, or under 1: another text
  std::int64_t too_few_frames = 0;  ///< fewer frames than CTC needs for the text
};

struct Clips {
  std::vector<Clip> kept;  ///< in the order of the hash of their words, then of their path
  LeftOut left_out;
};

/// Throws DataError naming the file, the expectation and the remedy when one is missing or
/// malformed, or when the number of clips is not within 2 % of what version 1.6.1 has.
Clips read_clips(const std::filesystem::path& package);

/// Frames of 10 ms, each a quarter of them, that the models make of so many samples.
std::int64_t model_frames(std::int64_t samples);
/// How many frames CTC needs for a text: one a character, and a blank between equal ones.
std::int64_t frames_needed(std::string_view words);

enum class Part { training, validation, test };
/// By a 64-bit hash (FNV-1a) of the words, modulo 100: 0-14 validation, 15-29 test. What is said
/// the same way is in one part.
Part part_of(std::string_view words);

}  // namespace timetrial::asterisk
