#pragma once
// Recorded speech in and out of files: one channel of 16-bit samples at 16 kHz, in any format that
// libsndfile reads, such as FLAC.
//
//   const std::int64_t count = data::audio_samples(file);          // from the header
//   const std::vector<std::int16_t> samples = data::read_audio(file);
//
// Both throw DataError naming file, what it is, and what was expected, and are safe to call from
// several threads.

#include <cstdint>
#include <filesystem>
#include <vector>

namespace timetrial::data {

inline constexpr int kAudioSampleRate = 16000;

/// How many samples the header promises.
std::int64_t audio_samples(const std::filesystem::path& file);
/// Throws also when there are fewer than promised.
std::vector<std::int16_t> read_audio(const std::filesystem::path& file);

}  // namespace timetrial::data
