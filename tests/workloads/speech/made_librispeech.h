#pragma once
// A small LibriSpeech of real FLAC files, for tests of what reads it.
#include "tests/support/audio_writer.h"
#include "tests/support/temporary_folder.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace timetrial::speech {

class MadeLibriSpeech {
 public:
  const std::filesystem::path& root() const { return folder_.path(); }
  std::filesystem::path chapter(const std::string& part, int speaker, int number) const {
    return root() / "LibriSpeech" / part / std::to_string(speaker) / std::to_string(number);
  }

  /// Appends one utterance; no samples write no audio. Returns the audio's file.
  std::filesystem::path add(const std::string& part, int speaker, int number,
                            const std::string& utterance, const std::string& text,
                            const std::vector<std::int16_t>& samples) const {
    const auto place = chapter(part, speaker, number);
    const std::string prefix = std::to_string(speaker) + "-" + std::to_string(number);
    std::filesystem::create_directories(place);
    std::ofstream(place / (prefix + ".trans.txt"), std::ios::app)
        << prefix << "-" << utterance << " " << text << "\n";
    const auto file = place / (prefix + "-" + utterance + ".flac");
    if (!samples.empty()) test::write_audio(file, samples);
    return file;
  }

  /// A ramp of so many samples: 0 to 996, over and over.
  std::filesystem::path add(const std::string& part, int speaker, int number,
                            const std::string& utterance, const std::string& text,
                            std::int64_t samples) const {
    std::vector<std::int16_t> audio(static_cast<std::size_t>(samples));
    for (std::size_t i = 0; i < audio.size(); ++i) audio[i] = static_cast<std::int16_t>(i % 997);
    return add(part, speaker, number, utterance, text, audio);
  }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace timetrial::speech
