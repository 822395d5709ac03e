#pragma once
// Packing sentence pairs into rows of fixed length, as AlgoPerf packs WMT's training data:
//
//   - pairs come in groups of `length` pairs, and rows never mix groups;
//   - within a group rows are filled greedily in order: a pair that does not fit on either side
//     begins a new row;
//   - positions begin at 0 in each sentence, sentences of a row are numbered from 1, padding is 0;
//   - token 0 is also the unknown of SentencePiece; AlgoPerf takes it for padding: no segment, and
//     its sentence loses as many tokens at the end.

#include <cstdint>
#include <span>
#include <vector>

namespace timetrial::transformer {

using Tokens = std::vector<std::int64_t>;

/// Token ids of both sides, end token included, no padding.
struct SentencePair {
  Tokens inputs, targets;
};

/// `length` numbers each.
struct PackedSide {
  Tokens tokens, position, segmentation;
};

struct PackedRow {
  PackedSide inputs, targets;
};

/// Sides longer than `length` are cut. Throws std::invalid_argument for length < 1 or a negative
/// token.
std::vector<PackedRow> pack(std::span<const SentencePair> pairs, std::int64_t length);

}  // namespace timetrial::transformer
