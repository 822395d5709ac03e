#include "workloads/data/audio_file.h"

#include "workloads/workload.h"

#include <sndfile.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace timetrial::data {
namespace {

constexpr const char* kRemedy = "; unpack the data set again";
constexpr sf_count_t kPiece = 8192;  // samples

struct Close {
  void operator()(SNDFILE* file) const { sf_close(file); }
};

struct Audio {
  std::unique_ptr<SNDFILE, Close> file;
  std::int64_t samples = 0;
};

/// A file in memory, as libsndfile wants to read it.
struct Memory {
  std::span<const std::byte> bytes;
  sf_count_t place = 0;

  static Memory& of(void* user) { return *static_cast<Memory*>(user); }
  static sf_count_t size(void* user) { return static_cast<sf_count_t>(of(user).bytes.size()); }
  static sf_count_t tell(void* user) { return of(user).place; }
  static sf_count_t seek(sf_count_t offset, int whence, void* user) {
    auto& self = of(user);
    const sf_count_t from = whence == SEEK_SET ? 0 : whence == SEEK_CUR ? self.place : size(user);
    self.place = std::clamp<sf_count_t>(from + offset, 0, size(user));
    return self.place;
  }
  static sf_count_t read(void* target, sf_count_t count, void* user) {
    auto& self = of(user);
    const sf_count_t taken = std::min(count, size(user) - self.place);
    std::memcpy(target, self.bytes.data() + self.place, static_cast<std::size_t>(taken));
    self.place += taken;
    return taken;
  }
  static sf_count_t write(const void*, sf_count_t, void*) { return 0; }
};

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
  throw workloads::DataError(name + ": " + what + kRemedy);
}

/// What libsndfile opened, or did not.
Audio checked(SNDFILE* opened, const SF_INFO& info, const std::string& name,
              std::int64_t sample_rate) {
  Audio audio;
  audio.file.reset(opened);
  if (!audio.file) refuse(name, std::string("cannot be read: ") + sf_strerror(nullptr));
  if (info.channels != 1 || info.samplerate != sample_rate ||
      (info.format & SF_FORMAT_SUBMASK) != SF_FORMAT_PCM_16) {
    refuse(name, std::to_string(info.channels) + " channel(s) at " +
                     std::to_string(info.samplerate) + " Hz; expected one of 16-bit samples at " +
                     std::to_string(sample_rate) + " Hz");
  }
  audio.samples = info.frames;
  return audio;
}

Audio open_audio(const std::filesystem::path& file, std::int64_t sample_rate) {
  SF_INFO info{};
  SNDFILE* opened = sf_open(file.c_str(), SFM_READ, &info);
  return checked(opened, info, file.string(), sample_rate);
}

std::vector<std::int16_t> all_samples(const Audio& audio, const std::string& name) {
  // Piece by piece: a header may promise more than any memory holds.
  std::vector<std::int16_t> samples;
  std::array<std::int16_t, kPiece> piece;
  sf_count_t count = 0;
  while ((count = sf_readf_short(audio.file.get(), piece.data(), kPiece)) > 0) {
    samples.insert(samples.end(), piece.begin(), piece.begin() + count);
  }
  if (std::ssize(samples) != audio.samples) {
    refuse(name, "ends after " + std::to_string(samples.size()) + " of " +
                     std::to_string(audio.samples) + " samples");
  }
  return samples;
}

}  // namespace

std::int64_t audio_samples(const std::filesystem::path& file, std::int64_t sample_rate) {
  return open_audio(file, sample_rate).samples;
}

std::vector<std::int16_t> read_audio(const std::filesystem::path& file, std::int64_t sample_rate) {
  return all_samples(open_audio(file, sample_rate), file.string());
}

std::vector<std::int16_t> decode_audio(std::span<const std::byte> bytes, const std::string& name,
                                       std::int64_t sample_rate) {
  SF_VIRTUAL_IO access = {Memory::size, Memory::seek, Memory::read, Memory::write, Memory::tell};
  Memory memory = {bytes};
  SF_INFO info{};
  SNDFILE* opened = sf_open_virtual(&access, SFM_READ, &info, &memory);
  return all_samples(checked(opened, info, name, sample_rate), name);
}

}  // namespace timetrial::data
