#pragma once
// WMT's German and English text files as prepared data, with AlgoPerf's choices: pairs of at most
// 256 tokens on each side, the end included; training rows packed to 256.
//
//   <source>/train.de, train.en   parallel text: line i of one translates line i of the other
//   <source>/valid.de, valid.en   newstest2013
//   <source>/test.de, test.en     newstest2014
//   <source>/sentencepiece.model  optional; without it one is trained, as AlgoPerf does
//
// Pairs with an empty side are dropped. The files are streamed; a shard of pairs is in memory. What
// is written, and where to get the files: docs/data/wmt.md
#include "workloads/transformer/transformer.h"

namespace timetrial::transformer {

/// Defaults: those of `wmt`.
struct WmtPreparation {
  std::int64_t pieces = 32000;              ///< of the SentencePiece model
  std::int64_t length = kMaxLength;         ///< tokens of a row, and of the longest side
  std::int64_t pairs_per_shard = 250'000;   ///< shuffled and packed together
  std::int64_t train_subset = 3072;         ///< evaluated pairs of the training text
  std::uint64_t subword_text = 10'000'000;  ///< bytes that a model is trained on
  /// SentencePiece's default, which AlgoPerf's models are trained with.
  int subword_threads = 16;
};

/// A file that is there under its name is kept. Throws DataError: the first file that is missing,
/// files of unequal numbers of lines, another model than expected.
void prepare_wmt(const std::filesystem::path& source, const std::filesystem::path& out,
                 const WmtPreparation& settings);

/// About how many bytes that will write. Throws DataError naming the first missing file.
std::uint64_t wmt_bytes_to_prepare(const std::filesystem::path& source);

}  // namespace timetrial::transformer
