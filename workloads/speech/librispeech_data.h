#pragma once
// LibriSpeech prepared: recordings as the FLAC they came in, transcripts as subword ids.
//
//   training/audio-*                 every kept utterance of the three training parts
//   held_back/train_subset-*         of those, the kSubset with the smallest hash of their id
//   held_back/validation-*, test-*
//   held_back/tokenizer.model        SentencePiece, what targets were made with
//
// Each but the last is data/records.h: an utterance's FLAC file, with the columns
//   samples        I32 [n]         its length
//   targets        I16 [n, 256]    subword ids, the end of the text last, zeros behind it
//   target_counts  I32 [n]
//
// Tokenizer  <root>/spm_model.vocab, AlgoPerf's name for its own, if it is there; else a unigram
//            model of 1,024 pieces trained on the transcripts of train-clean-100, at most 10^7
//            characters of them
// Source     AlgoPerf's datasets/librispeech_preprocess.py and input_pipeline.py (commit
//            2c90454fc05d)

#include "workloads/workload.h"

#include <cstdint>
#include <filesystem>
#include <memory>

namespace timetrial::speech {

inline constexpr std::int64_t kLongestTargets = 256;  ///< subwords, the end included
/// Training utterances that are evaluated: AlgoPerf's number, validation rounded up to batches.
inline constexpr std::int64_t kSubset = 5376;

/// As Workload::prepare. Every recording is decoded once, so that a damaged one is found here.
void prepare_librispeech(const std::filesystem::path& root, const std::filesystem::path& out);
std::uint64_t librispeech_bytes_to_prepare(const std::filesystem::path& root);

/// Decodes on every gather().
std::unique_ptr<workloads::TrainingData> open_librispeech_training(
    const std::filesystem::path& training_dir);
std::unique_ptr<workloads::Evaluation> open_librispeech_evaluation(
    const std::filesystem::path& held_back_dir);

}  // namespace timetrial::speech
