#include "workloads/data/audio_file.h"

#include "tests/support/audio_writer.h"
#include "tests/support/temporary_folder.h"
#include "workloads/workload.h"

#include <gmock/gmock.h>

#include <fstream>

namespace timetrial::data {
namespace {

using testing::HasSubstr;

std::vector<std::int16_t> ramp(int count) {
  std::vector<std::int16_t> samples;
  for (int i = 0; i < count; ++i) {
    samples.push_back(static_cast<std::int16_t>(i * 7919 % 65536 - 32768));
  }
  return samples;
}

std::string refusal(const std::filesystem::path& file) {
  try {
    read_audio(file);
  } catch (const workloads::DataError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(AudioFile, GivesTheSamplesThatWereWritten) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "a.flac";
  auto samples = ramp(5000);
  samples[0] = 32767;
  samples[1] = -32768;
  test::write_audio(file, samples);
  EXPECT_EQ(audio_samples(file), 5000);
  EXPECT_EQ(read_audio(file), samples);
}

TEST(AudioFile, RefusesOtherFormatsByName) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "a.flac";
  test::write_audio(file, ramp(100), {.sample_rate = 44100});
  EXPECT_THAT(refusal(file), HasSubstr("a.flac: 1 channel(s) at 44100 Hz; expected one of 16-bit "
                                       "samples at 16000 Hz; unpack the data set again"));
  test::write_audio(file, ramp(100), {.channels = 2});
  EXPECT_THAT(refusal(file), HasSubstr("2 channel(s) at 16000 Hz"));
  test::write_audio(file, ramp(100), {.subtype = SF_FORMAT_PCM_24});
  EXPECT_THAT(refusal(file), HasSubstr("expected one of 16-bit"));
}

TEST(AudioFile, RefusesWhatIsNoAudioMissingOrCutShort) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "a.flac";
  EXPECT_THAT(refusal(file), HasSubstr("a.flac: cannot be read: "));
  std::ofstream(file) << "HTTP 404";
  EXPECT_THAT(refusal(file), HasSubstr("a.flac: cannot be read: "));
  test::write_audio(file, ramp(20000));
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  EXPECT_EQ(audio_samples(file), 20000) << "the header is whole";
  EXPECT_THAT(refusal(file), HasSubstr(" of 20000 samples"));
  // 2^36 - 1 samples, which no memory holds: the last 36 bits of the first 26 bytes.
  std::fstream(file, std::ios::in | std::ios::out).seekp(21) << "\xff\xff\xff\xff\xff";
  EXPECT_EQ(audio_samples(file), (std::int64_t{1} << 36) - 1);
  EXPECT_THAT(refusal(file), HasSubstr(" of 68719476735 samples"));
}

}  // namespace
}  // namespace timetrial::data
