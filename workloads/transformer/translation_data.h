#pragma once
// Prepared sentence pairs on disk, as training data and as held-back data.
//
//   training/rows-00000.safetensors, …   packed rows: inputs, inputs_position,
//                                        inputs_segmentation, targets, targets_position,
//                                        targets_segmentation, each I16 [N, L] (packing.h)
//   held_back/train_subset.safetensors   pairs: inputs, targets, each I16 [N, L], padded with 0
//   held_back/validation.safetensors, held_back/test.safetensors
//   held_back/subwords.model             SentencePiece, to turn tokens back into text; where
//                                        translations are made
//
// The files are mapped, so processes share their pages. Errors: DataError naming the file and the
// command that makes it.
#include <span>

#include "workloads/metrics/beam_search.h"
#include "workloads/transformer/packing.h"
#include "workloads/transformer/transformer.h"

namespace timetrial::transformer {

inline constexpr const char* kSubwordsFile = "subwords.model";

/// Token ids are stored as int16.
inline constexpr std::int64_t kLargestVocabulary = 32768;

/// "rows-00007.safetensors".
std::string rows_file(std::int64_t shard);

/// Packs pairs into rows of `length` and writes them whole, or not at all.
void write_rows(const std::filesystem::path& file, std::span<const SentencePair> pairs,
                std::int64_t length);

/// No side may be longer than `length`.
void write_pairs(const std::filesystem::path& file, std::span<const SentencePair> pairs,
                 std::int64_t length);

/// The rows of all shards in `training_dir`, in the order of their numbers. A batch has "weights",
/// 1 where there is a target, beside the tensors above as int64.
std::unique_ptr<workloads::TrainingData> open_rows(const std::filesystem::path& training_dir,
                                                   const std::string& prepare_command);

/// How a split is evaluated: every metric over all of its pairs.
struct Translating {
  Config model;
  bool bleu = true;  ///< translate, which takes ten times as long as all else
  metrics::BeamSearchOptions search;
  std::int64_t default_batch_size = 128;
  std::string prepare_command;
};

/// Metrics: loss (nats) and accuracy per target token, each given those before it; bleu of beam
/// search. As in AlgoPerf the references are the targets turned back into text, too.
std::unique_ptr<workloads::Evaluation> open_pairs(const std::filesystem::path& held_back_dir,
                                                  const Translating& translating);

}  // namespace timetrial::transformer
