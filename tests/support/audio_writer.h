#pragma once
// Writes real audio files, for tests of what reads them.
#include <sndfile.h>

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace timetrial::test {

struct AudioFormat {
  int sample_rate = 16000, channels = 1;
  int container = SF_FORMAT_FLAC, subtype = SF_FORMAT_PCM_16;
};

/// `samples` of all channels, interleaved. Makes the folder.
inline void write_audio(const std::filesystem::path& file, const std::vector<std::int16_t>& samples,
                        const AudioFormat& format = {}) {
  std::filesystem::create_directories(file.parent_path());
  SF_INFO info{};
  info.samplerate = format.sample_rate;
  info.channels = format.channels;
  info.format = format.container | format.subtype;
  SNDFILE* out = sf_open(file.c_str(), SFM_WRITE, &info);
  if (out == nullptr) throw std::runtime_error(sf_strerror(nullptr));
  const auto frames = static_cast<sf_count_t>(samples.size()) / format.channels;
  const bool whole = sf_writef_short(out, samples.data(), frames) == frames;
  sf_close(out);
  if (!whole) throw std::runtime_error(file.string() + " was not written");
}

}  // namespace timetrial::test
