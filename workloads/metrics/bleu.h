#pragma once
// BLEU of a corpus, 0 to 100, higher is better: the geometric mean of the precisions of 1- to
// 4-grams, clipped by sentence, times a penalty for being shorter than the references.
//
//   Bleu bleu;
//   for (…) bleu.add(translation, reference);   // UTF-8
//   bleu.score();
//
// As sacreBLEU's mteval-13a with one reference, case kept, exponential smoothing (an order without
// any match counts half a match, the next such order a quarter, …); an order that has no n-grams at
// all makes the score 0.
// Source   Papineni et al. 2002, "BLEU: a method for automatic evaluation of machine translation";
//          Post 2018 (arXiv 1804.08771); as AlgoPerf's wmt computes it (commit 2c90454fc05d)

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace timetrial::metrics {

/// The tokens of a segment: entities decoded, ASCII punctuation cut off, except full stops, commas
/// and hyphens within numbers. White space is Unicode's; what is not ASCII stays whole.
std::vector<std::string> tokenize_13a(std::string_view segment);

class Bleu {
 public:
  static constexpr std::size_t kOrders = 4;
  using Counts = std::array<std::int64_t, kOrders>;

  void add(std::string_view translation, std::string_view reference);
  /// Counts of another part of the corpus.
  void add(const Bleu& part);

  /// 0 for an empty corpus.
  double score() const;
  /// In percent, smoothed; 0 from the first order on that has no n-grams.
  std::array<double, kOrders> precisions() const;
  double brevity_penalty() const;
  const Counts& matches() const { return matches_; }
  const Counts& totals() const { return totals_; }
  std::int64_t translation_length() const { return translation_length_; }
  std::int64_t reference_length() const { return reference_length_; }

 private:
  Counts matches_{}, totals_{};  // by order - 1
  std::int64_t translation_length_ = 0, reference_length_ = 0;
};

}  // namespace timetrial::metrics
