#include "workloads/data/audio_file.h"

#include "workloads/workload.h"

#include <sndfile.h>

namespace timetrial::data {
namespace {

constexpr const char* kRemedy = "; unpack the data set again";

struct Close {
  void operator()(SNDFILE* file) const { sf_close(file); }
};

struct Audio {
  std::unique_ptr<SNDFILE, Close> file;
  std::int64_t samples = 0;
};

[[noreturn]] void refuse(const std::filesystem::path& file, const std::string& what) {
  throw workloads::DataError(file.string() + ": " + what + kRemedy);
}

Audio open_audio(const std::filesystem::path& file) {
  SF_INFO info{};
  Audio audio;
  audio.file.reset(sf_open(file.c_str(), SFM_READ, &info));
  if (!audio.file) refuse(file, std::string("cannot be read: ") + sf_strerror(nullptr));
  if (info.channels != 1 || info.samplerate != kAudioSampleRate ||
      (info.format & SF_FORMAT_SUBMASK) != SF_FORMAT_PCM_16) {
    refuse(file, std::to_string(info.channels) + " channel(s) at " +
                     std::to_string(info.samplerate) +
                     " Hz; expected one of 16-bit samples at 16000 Hz");
  }
  audio.samples = info.frames;
  return audio;
}

}  // namespace

std::int64_t audio_samples(const std::filesystem::path& file) { return open_audio(file).samples; }

std::vector<std::int16_t> read_audio(const std::filesystem::path& file) {
  const Audio audio = open_audio(file);
  std::vector<std::int16_t> samples(static_cast<std::size_t>(audio.samples));
  const std::int64_t count = sf_readf_short(audio.file.get(), samples.data(), audio.samples);
  if (count != audio.samples) {
    refuse(file, "ends after " + std::to_string(count) + " of " + std::to_string(audio.samples) +
                     " samples");
  }
  return samples;
}

}  // namespace timetrial::data
