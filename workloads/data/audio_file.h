#pragma once
// Recorded speech: one channel of 16-bit samples at a known rate, in any format that libsndfile
// reads, such as FLAC, in a file or in memory.
//
//   const std::int64_t count = data::audio_samples(file);          // from the header
//   const std::vector<std::int16_t> samples = data::read_audio(file);
//
// All throw DataError naming file, what it is, and what was expected, and are safe to call from
// several threads.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace timetrial::data {

inline constexpr std::int64_t kAudioSampleRate = 16000;  ///< Hz

/// How many samples the header promises.
std::int64_t audio_samples(const std::filesystem::path& file,
                           std::int64_t sample_rate = kAudioSampleRate);
/// Throws also when there are fewer than promised.
std::vector<std::int16_t> read_audio(const std::filesystem::path& file,
                                     std::int64_t sample_rate = kAudioSampleRate);
/// The same of a file's bytes; `name` stands for the file in messages.
std::vector<std::int16_t> decode_audio(std::span<const std::byte> bytes, const std::string& name,
                                       std::int64_t sample_rate = kAudioSampleRate);

}  // namespace timetrial::data
