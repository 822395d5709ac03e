#pragma once
// LibriSpeech as its archives unpack: which utterances count, and in which order.
//
//   <root>/LibriSpeech/train-clean-100/<speaker>/<chapter>/<speaker>-<chapter>-<nnnn>.flac
//   <root>/LibriSpeech/train-clean-100/<speaker>/<chapter>/<speaker>-<chapter>.trans.txt
//
// A line of a transcript file is an utterance's id, a space, and its text in capitals.
//
// Source   Panayotov et al. 2015, "Librispeech: an ASR corpus based on public domain audio books";
//          what is dropped: AlgoPerf's librispeech_preprocess.py (commit 2c90454fc05d)
// How to get it: docs/data/librispeech.md

#include "workloads/workload.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace timetrial::speech {

inline constexpr std::int64_t kLongestTranscript = 256;  ///< characters
inline constexpr std::int64_t kLongestAudio = 320000;    ///< samples: 20 seconds

struct Utterance {
  std::string id;  ///< such as "84-121123-0000"
  std::filesystem::path audio;
  std::string transcript;
  std::int64_t samples = 0;
};

struct Utterances {
  std::vector<Utterance> kept;  ///< sorted by folder of the archive, then by id as text
  std::int64_t long_transcripts = 0, long_audio = 0;  ///< dropped, in this order of the tests
};

/// The folders of a split: training 3, validation 2, test 1.
std::vector<std::string> training_folders();
std::vector<std::string> held_back_folders(workloads::Split split);

/// All utterances of these folders of `root`, without those that are too long in either sense.
/// Opens every audio file for its length, reads none. Throws DataError naming file, line and remedy
/// when a folder, a chapter's transcripts or an utterance's audio is missing, or a line is not an
/// id of that chapter and a text.
Utterances list_utterances(const std::filesystem::path& root,
                           const std::vector<std::string>& folders);

}  // namespace timetrial::speech
