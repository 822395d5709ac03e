#include "workloads/speech/librispeech.h"

#include "workloads/data/audio_file.h"

#include <fstream>

namespace timetrial::speech {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRemedy = "; unpack the archive again, see docs/data/librispeech.md";

[[noreturn]] void refuse(const std::string& place, const std::string& what) {
  throw workloads::DataError(place + ": " + what + kRemedy);
}

/// Sorted by name.
std::vector<fs::path> folders_in(const fs::path& folder) {
  if (!fs::is_directory(folder)) refuse(folder.string(), "is not a folder");
  std::vector<fs::path> found;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory()) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// Characters, not bytes, as Python counts them.
std::int64_t characters(const std::string& utf8) {
  return std::count_if(utf8.begin(), utf8.end(),
                       [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; });
}

/// Without white space at either end.
std::string stripped(const std::string& line) {
  constexpr const char* kSpace = " \t\r\n";
  const auto begin = line.find_first_not_of(kSpace);
  return begin == line.npos ? "" : line.substr(begin, line.find_last_not_of(kSpace) - begin + 1);
}

/// The folder of one chapter; `prefix` is "<speaker>-<chapter>".
class Chapter {
 public:
  explicit Chapter(const fs::path& folder)
      : folder_(folder),
        prefix_(folder.parent_path().filename().string() + "-" + folder.filename().string()) {}

  void append_to(Utterances& utterances) const {
    const auto file = folder_ / (prefix_ + ".trans.txt");
    std::ifstream in(file);
    if (!in) refuse(file.string(), "cannot be read");
    std::string line;
    for (int number = 1; std::getline(in, line); ++number) {
      const auto utterance = parse(stripped(line), file.string() + ":" + std::to_string(number));
      if (characters(utterance.transcript) > kLongestTranscript) {
        ++utterances.long_transcripts;
      } else if (utterance.samples > kLongestAudio) {
        ++utterances.long_audio;
      } else {
        utterances.kept.push_back(utterance);
      }
    }
  }

 private:
  Utterance parse(const std::string& line, const std::string& place) const {
    const auto space = line.find(' ');
    Utterance utterance;
    utterance.id = line.substr(0, space);
    if (space == line.npos || !utterance.id.starts_with(prefix_ + "-")) {
      refuse(place, "\"" + line + "\"; expected an id that starts with " + prefix_ +
                        "-, a space, and a text");
    }
    utterance.transcript = line.substr(space + 1);
    utterance.audio = folder_ / (utterance.id + ".flac");
    if (!fs::is_regular_file(utterance.audio)) {
      refuse(place, "no audio file " + utterance.audio.filename().string() + " beside it");
    }
    utterance.samples = data::audio_samples(utterance.audio);
    return utterance;
  }

  fs::path folder_;
  std::string prefix_;
};

void append_folder(const fs::path& folder, Utterances& utterances) {
  const auto first = static_cast<std::ptrdiff_t>(utterances.kept.size());
  for (const auto& speaker : folders_in(folder)) {
    for (const auto& chapter : folders_in(speaker)) Chapter(chapter).append_to(utterances);
  }
  auto& kept = utterances.kept;
  if (static_cast<std::ptrdiff_t>(kept.size()) == first)
    refuse(folder.string(), "has no utterance");
  std::sort(kept.begin() + first, kept.end(),
            [](const Utterance& a, const Utterance& b) { return a.id < b.id; });
  const auto twice =
      std::adjacent_find(kept.begin() + first, kept.end(),
                         [](const Utterance& a, const Utterance& b) { return a.id == b.id; });
  if (twice != kept.end()) refuse(folder.string(), "utterance " + twice->id + " is there twice");
}

}  // namespace

std::vector<std::string> training_folders() {
  return {"train-clean-100", "train-clean-360", "train-other-500"};
}

std::vector<std::string> held_back_folders(workloads::Split split) {
  switch (split) {
    case workloads::Split::train_subset:
      return training_folders();
    case workloads::Split::validation:
      return {"dev-clean", "dev-other"};
    case workloads::Split::test:
      return {"test-clean"};
  }
  return {};
}

Utterances list_utterances(const fs::path& root, const std::vector<std::string>& folders) {
  Utterances utterances;
  for (const auto& folder : folders) append_folder(root / "LibriSpeech" / folder, utterances);
  return utterances;
}

}  // namespace timetrial::speech
