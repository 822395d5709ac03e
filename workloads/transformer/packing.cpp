#include "workloads/transformer/packing.h"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>

namespace timetrial::transformer {
namespace {

void check(const Tokens& tokens) {
  const auto none = std::find_if(tokens.begin(), tokens.end(), [](auto id) { return id < 0; });
  if (none == tokens.end()) return;
  throw std::invalid_argument("packing: token " + std::to_string(*none) +
                              " in a sentence; ids begin at 0");
}

class Side {
 public:
  explicit Side(std::size_t length) : length_(length) {}

  /// How many tokens of a sentence are taken: as many of its first `length` as are not 0.
  std::size_t cut(const Tokens& sentence) const {
    const auto first = std::span(sentence).first(std::min(sentence.size(), length_));
    return first.size() - static_cast<std::size_t>(std::ranges::count(first, 0));
  }
  bool fits(const Tokens& sentence) const { return row_.tokens.size() + cut(sentence) <= length_; }

  void append(const Tokens& sentence) {
    // AlgoPerf numbers the sentences of a side by the positions that are 0, so one without tokens
    // has no number, and later ones of the row count one less on that side than on the other.
    const std::size_t taken = cut(sentence);
    if (taken > 0) ++sentences_;
    for (std::size_t i = 0; i < taken; ++i) {
      row_.tokens.push_back(sentence[i]);
      row_.position.push_back(static_cast<std::int64_t>(i));
      row_.segmentation.push_back(sentence[i] == 0 ? 0 : sentences_);
    }
  }

  /// The padded row; an empty one is begun.
  PackedSide take() {
    for (Tokens* part : {&row_.tokens, &row_.position, &row_.segmentation}) {
      part->resize(length_, 0);
    }
    sentences_ = 0;
    return std::exchange(row_, {});
  }

 private:
  std::size_t length_;
  PackedSide row_;
  std::int64_t sentences_ = 0;
};

}  // namespace

std::vector<PackedRow> pack(std::span<const SentencePair> pairs, std::int64_t length) {
  if (length < 1) throw std::invalid_argument("packing: length must be at least 1");
  const auto row_length = static_cast<std::size_t>(length);
  std::vector<PackedRow> rows;
  Side inputs(row_length), targets(row_length);
  const auto finish_row = [&] { rows.push_back({inputs.take(), targets.take()}); };
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const SentencePair& pair = pairs[i];
    check(pair.inputs);
    check(pair.targets);
    const bool new_group = i % row_length == 0;
    if (i > 0 && (new_group || !inputs.fits(pair.inputs) || !targets.fits(pair.targets))) {
      finish_row();
    }
    inputs.append(pair.inputs);
    targets.append(pair.targets);
  }
  if (!pairs.empty()) finish_row();
  return rows;
}

}  // namespace timetrial::transformer
